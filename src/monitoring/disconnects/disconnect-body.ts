import { z } from 'zod';
import { Refusal } from '../../protocol/refusal.js';
import { readBody } from '../ops/body.js';
import { type DisconnectFilter, isEmpty } from './selection.js';

const LONGEST_FILTER = 384;
/** Bytes that a close frame has for its reason (RFC 6455, section 5.5). */
const LONGEST_REASON = 123;
const RATE = { default: 100, most: 10_000 };
const LONGEST_AGE_S = 31_536_000;
const COUNT_PROBLEM = 'must be the number of connections that the preview showed';
const RATE_PROBLEM = `must be connections in a second, a whole number from 1 to ${RATE.most}`;

const text = z.string().min(1).max(LONGEST_FILTER).optional();
const disconnectBody = z.strictObject({
  filter: z
    .strictObject({
      user: text,
      address: text,
      client: text,
      topic: text,
      older_than_s: z.number().min(0).max(LONGEST_AGE_S).optional(),
    })
    .default({}),
  all: z.boolean('must be true or false').default(false),
  preview: z.boolean('must be true or false').default(false),
  confirm: z.int(COUNT_PROBLEM).min(0, COUNT_PROBLEM).optional(),
  rate_per_s: z.int(RATE_PROBLEM).min(1, RATE_PROBLEM).max(RATE.most, RATE_PROBLEM).default(RATE.default),
  reconnect: z.boolean('must be true or false').default(true),
  reason: z
    .string()
    .min(1)
    .refine((reason) => Buffer.byteLength(reason) <= LONGEST_REASON, `must have at most ${LONGEST_REASON} bytes`)
    .optional(),
});

const TEXT = { type: 'string', maxLength: LONGEST_FILTER };
/** For OpenAPI. */
export const DISCONNECT_BODY = {
  type: 'object',
  properties: {
    filter: {
      type: 'object',
      description: 'Which open connections are meant: those that fulfil every member.',
      properties: {
        user: TEXT,
        address: TEXT,
        client: { ...TEXT, description: 'The name of a client, or name/version' },
        topic: { ...TEXT, description: 'Subscribed to this topic' },
        older_than_s: { type: 'number', description: 'Open for at least so many seconds' },
      },
      additionalProperties: false,
    },
    all: { type: 'boolean', default: false, description: 'Needed where the filter names nothing: everybody is meant' },
    preview: { type: 'boolean', default: false, description: 'Only counts, with ten examples' },
    confirm: { type: 'integer', description: 'How many the preview showed; refused with CONFLICT where it is 5, or a tenth, off by now' },
    rate_per_s: { type: 'integer', minimum: 1, maximum: RATE.most, default: RATE.default, description: 'Connections in a second' },
    reconnect: { type: 'boolean', default: true, description: 'true: 4400, clients may return; false: 4500, they may not' },
    reason: { type: 'string', description: 'Sent to the clients with the close, at most 123 bytes' },
  },
  additionalProperties: false,
};

export interface ReadDisconnect {
  readonly filter: DisconnectFilter;
  readonly reconnect: boolean;
  readonly reason: string | undefined;
  readonly ratePerS: number;
  /** Undefined: only a preview is asked for. */
  readonly confirm: number | undefined;
}

/** Reads the body of `POST ops/disconnects`; refuses what is wrong with the name of its member. */
export function readDisconnect(body: unknown): ReadDisconnect {
  const { filter, all, preview, confirm, rate_per_s: ratePerS, reconnect, reason } = readBody(disconnectBody, body);
  if (isEmpty(filter) && !all) throw Refusal.badRequest('all', 'must be true where the filter names nothing: every connection is meant');
  if (!isEmpty(filter) && all) throw Refusal.badRequest('all', 'must be left out where the filter names somebody');
  if (!preview && confirm === undefined)
    throw Refusal.badRequest('confirm', 'is missing: ask with preview: true, look, and send the count that it answers');
  return { filter, reconnect, reason, ratePerS, confirm: preview ? undefined : confirm };
}
