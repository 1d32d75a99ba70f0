import { z } from 'zod';

const DEFAULT_LIMIT = 100;
const MOST_ITEMS = 1_000;

export const eventsQuery = z.strictObject({
  after: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(0),
  limit: z.coerce.number().int().min(1).max(MOST_ITEMS).default(DEFAULT_LIMIT),
});

const LONGEST_CURSOR = 256;

export const probesQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(MOST_ITEMS).default(DEFAULT_LIMIT),
  cursor: z.string().max(LONGEST_CURSOR).optional(),
});

/** Whether the stream is named: a wildcard asks for JSON. */
export function wantsEvents(accept: string | readonly string[] | undefined): boolean {
  return String(accept ?? '')
    .toLowerCase()
    .includes('text/event-stream');
}

/** Number of the last event that a reader has; undefined: it does not say, or what it says is none of ours. */
export function lastEventId(value: string | readonly string[] | undefined): number | undefined {
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}
