import { z } from 'zod';
import { Refusal } from '../../protocol/refusal.js';
import { isUserId, topicKind } from '../../protocol/topic-name.js';
import { readBody } from '../ops/body.js';
import { type ProbeTarget, topicTarget, userTarget } from './probe-target.js';

const LONGEST_NAME = 384;
const LONGEST_NOTE = 500;
/** The beginning of a plain topic name; nothing before the `*` covers every plain topic. */
const PATTERN = /^(?:[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?)?\*$/;

const probeBody = z.strictObject({
  user: z.string().min(1).max(LONGEST_NAME).optional(),
  topic: z.string().min(1).max(LONGEST_NAME).optional(),
  connection: z.string().min(1).max(LONGEST_NAME).optional(),
  minutes: z.number().min(0.1).max(1_440).optional(),
  payload: z.boolean().default(false),
  note: z.string().max(LONGEST_NOTE).optional(),
});

/** For OpenAPI. */
export const PROBE_BODY = {
  type: 'object',
  properties: {
    user: { type: 'string', description: 'A user id; they need not be connected yet.' },
    topic: {
      type: 'string',
      description: 'A topic, or a pattern with * as the rest of a name; patterns never cover topics that begin with $.',
    },
    connection: { type: 'string', description: 'The id or ref of a connection that is open on any node.' },
    minutes: { type: 'number', description: 'How long; default probes.minutes, at most probes.mostMinutes.' },
    payload: { type: 'boolean', default: false, description: 'Whether payloads are kept and shown; needs the role or scope admin.' },
    note: { type: 'string', description: 'Why, for whoever reads the list or the audit trail.' },
  },
  additionalProperties: false,
};

/** What is asked for: a target, or the name of a connection that is still to be found. */
export type ReadProbe = {
  readonly minutes: number | undefined;
  readonly payload: boolean;
  readonly note: string | undefined;
} & ({ readonly target: ProbeTarget; readonly connection?: undefined } | { readonly target?: undefined; readonly connection: string });

/** Reads the body of `POST ops/probes`; refuses what is wrong with the name of its field. */
export function readProbeBody(body: unknown): ReadProbe {
  const { user, topic, connection, minutes, payload, note } = readBody(probeBody, body);
  if ([user, topic, connection].filter((target) => target !== undefined).length !== 1)
    throw Refusal.badRequest('body', 'name one thing to watch: user, topic or connection');
  const rest = { minutes, payload, note };
  if (connection !== undefined) return { connection, ...rest };
  return { target: user === undefined ? topicOf(topic as string) : userOf(user), ...rest };
}

function userOf(user: string): ProbeTarget {
  if (!isUserId(user)) throw Refusal.badRequest('user', 'must be a user id: up to 128 printable characters');
  return userTarget(user);
}

function topicOf(topic: string): ProbeTarget {
  const kind = topicKind(topic);
  if (kind === 'probe') throw Refusal.badRequest('topic', 'the events of a probe cannot be watched by a probe');
  if (kind === undefined && !PATTERN.test(topic))
    throw Refusal.badRequest('topic', 'must be a topic, or a pattern such as orders.* or * with * as the rest of a name');
  return topicTarget(topic);
}
