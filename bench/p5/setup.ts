/** What P5 puts on the gateway, and on the raw append beside it (design goal: 32 sockets with 8 publishes in flight each). */
export const SOCKETS = 32;
export const IN_FLIGHT = 8;
export const LANES = 4;
/** Most messages that the gateway puts into one commit, by its default; with four lanes of them the raw append has 1,024 in flight. */
export const LARGEST_BATCH = 256;
/** What one of the raw append's lanes has in flight where all together have as much as the gateway. */
export const EQUAL_BATCH = (SOCKETS * IN_FLIGHT) / LANES;
export const PAYLOAD_BYTES = 100;
export const WARM_UP_SECONDS = 1;

/** Names of the phases in the tables. `equal`: with as many messages in flight as the gateway has. */
export const PHASE = {
  gateway: 'gateway',
  half: 'gateway, half load',
  raw: 'raw append, batches of 256',
  rawEqual: 'raw append, as many in flight',
  gatewayOne: 'gateway, one topic',
  rawOne: 'raw append, one topic, as many in flight',
} as const;

const TOPICS = 32;
const NAMESPACE = { gateway: 'bench', raw: 'bench-raw' } as const;

/** Where messages go: over 32 topics, or all into one, whose head then is one row that every commit waits for. */
export type Spread = 'many' | 'one';

export function topicsOf(side: keyof typeof NAMESPACE, spread: Spread): readonly string[] {
  if (spread === 'one') return [`${NAMESPACE[side]}.single`];
  return Array.from({ length: TOPICS }, (_, index) => `${NAMESPACE[side]}.t${String(index).padStart(2, '0')}`);
}

/** The raw append's topics by lane. As in the gateway, a topic belongs to one lane, so one topic keeps one lane busy. */
export function rawLanes(spread: Spread): readonly (readonly string[])[] {
  const topics = topicsOf('raw', spread);
  return Array.from({ length: Math.min(LANES, topics.length) }, (_, lane) => topics.filter((_topic, index) => index % LANES === lane));
}

/** A JSON object of exactly `PAYLOAD_BYTES`. */
export function payloadText(): string {
  const empty = JSON.stringify({ text: '' });
  return JSON.stringify({ text: 'x'.repeat(PAYLOAD_BYTES - empty.length) });
}
