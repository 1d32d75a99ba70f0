/** What P4 asks of the gateway and of bare `ws` beside it. */
export const CONNECTIONS = 10_000;
/** Handshakes under way at once where the rate of accepts is measured. */
export const IN_FLIGHT = 64;
/** Handshakes under way at once where many come together. */
export const AT_ONCE = 1_000;
/** Accepts of each server before anything is measured, so that neither runs its first code. */
export const WARM_UP = 500;
/** Most connections that one process of the load holds: a process has 20,000 descriptors at most on common machines. */
export const MOST_PER_LOAD = 10_000;
/** A token is known for a minute (`TokenCache`), and the round of known tokens has to end before. */
export const KNOWN_MS = 60_000;

const TOPICS = 100;

/** Each connection is subscribed to one of these. */
export const topics: readonly string[] = Array.from({ length: TOPICS }, (_, index) => `bench.room-${String(index).padStart(3, '0')}`);

/** Names of the rounds in the tables. A round of bare `ws` stands beside each of the gateway's. */
export const ROUND = {
  new: 'gateway, new tokens',
  bareNew: 'bare ws, beside new tokens',
  known: 'gateway, known tokens',
  bareKnown: 'bare ws, beside known tokens',
  atOnce: 'gateway, 1,000 at once, new tokens',
  bareAtOnce: 'bare ws, 1,000 at once',
} as const;

export const SERVER = { gateway: 'gateway', bare: 'bare ws' } as const;
