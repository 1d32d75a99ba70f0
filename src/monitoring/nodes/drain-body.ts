import { z } from 'zod';
import type { DrainPlan } from '../../messaging/node-drain.js';
import { Refusal } from '../../protocol/refusal.js';
import { readBody } from '../ops/body.js';

const LONGEST_S = 3_600;
const MS_PER_S = 1_000;
/** A deadline that nobody named leaves this share of the time beyond the closes for clients to take their leave, and so much at least. */
const SPARE = { share: 0.5, leastMs: 5_000 };
const SECONDS_PROBLEM = `must be seconds, from 0 to ${LONGEST_S}`;

const seconds = z.number(SECONDS_PROBLEM).min(0, SECONDS_PROBLEM).max(LONGEST_S, SECONDS_PROBLEM).optional();
const drainBody = z.strictObject({ over_s: seconds, deadline_s: seconds });

/** For OpenAPI. */
export const DRAIN_BODY = {
  type: 'object',
  properties: {
    over_s: {
      type: 'number',
      minimum: 0,
      maximum: LONGEST_S,
      description: 'Seconds over which connections are sent away; 0: all at once. Default: 60 % of gateway.drainTimeoutMs.',
    },
    deadline_s: {
      type: 'number',
      minimum: 0,
      maximum: LONGEST_S,
      description:
        'Seconds from the start after which whoever is left is cut off; at least over_s. Default: half of over_s more, and 5 s at least.',
    },
  },
  additionalProperties: false,
};

/** A plan from what was asked for; `usual` where nothing was. Refuses with the member that is wrong. */
export function readDrainPlan(body: unknown, usual: DrainPlan): DrainPlan {
  const { over_s: overS, deadline_s: deadlineS } = readBody(drainBody, body);
  const overMs = overS === undefined ? Math.min(usual.overMs, (deadlineS ?? Infinity) * MS_PER_S) : overS * MS_PER_S;
  if (deadlineS !== undefined && deadlineS * MS_PER_S < overMs)
    throw Refusal.badRequest('deadline_s', `must be at least over_s (${overMs / MS_PER_S}): nobody is cut off before their turn to go`);
  if (deadlineS !== undefined) return { overMs, deadlineMs: deadlineS * MS_PER_S };
  return overS === undefined ? usual : { overMs, deadlineMs: overMs + Math.max(SPARE.leastMs, overMs * SPARE.share) };
}
