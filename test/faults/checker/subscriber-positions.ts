import type { Position, SubscriberRecord } from './record.js';

/** What a record does to its subscriber's position on a topic. `problem`: why the protocol does not allow it. */
export interface Step {
  readonly record: SubscriberRecord;
  readonly topic: string;
  readonly position: Position;
  readonly problem?: string;
}

/** Follows each topic of one subscriber through what it logged. */
export function* stepsOf(records: readonly SubscriberRecord[]): Generator<Step> {
  const positions = new Map<string, Position>();
  for (const record of records) {
    if (record.kind === 'closed' || record.kind === 'stopped') {
      positions.clear();
      continue;
    }
    if (isAside(record)) continue;
    const { topic } = record;
    if (record.kind === 'unsubscribed' || record.kind === 'left') {
      positions.delete(topic);
      continue;
    }
    const step = stepFrom(positions.get(topic), record);
    positions.set(topic, step.position);
    yield { record, topic, ...step };
  }
}

type Moving = Extract<SubscriberRecord, { readonly kind: 'subscribed' | 'delivered' | 'gap' | 'reset' }>;
type Aside = Extract<SubscriberRecord, { readonly kind: 'connected' | 'paused' | 'leaving' | 'ack' | 'reading' | 'read' }>;
const ASIDE: ReadonlySet<SubscriberRecord['kind']> = new Set(['connected', 'paused', 'leaving', 'ack', 'reading', 'read']);

/** What moves no position. */
function isAside(record: SubscriberRecord): record is Aside {
  return ASIDE.has(record.kind);
}

function stepFrom(before: Position | undefined, record: Moving): { readonly position: Position; readonly problem?: string } {
  if (record.kind === 'subscribed') {
    const { since, epoch, head, recovered } = record;
    if (recovered !== true || since === undefined) return { position: { epoch, seq: head } };
    const position = { epoch, seq: since.seq };
    if (since.epoch !== epoch) return { position, problem: `was told recovered: true across the epochs ${since.epoch} and ${epoch}` };
    if (since.seq > head) return { position, problem: `was told recovered: true after ${since.seq}, although the head is ${head}` };
    return { position };
  }
  if (before === undefined) return { position: landing({ epoch: '', seq: 0 }, record), problem: 'was sent something while not subscribed' };
  const position = landing(before, record);
  if (record.kind === 'reset') return { position };
  if (record.kind === 'gap') {
    if (record.from > before.seq + 1)
      return { position, problem: `was told of a gap from ${record.from}, and never of ${before.seq + 1} to ${record.from - 1}` };
    return { position };
  }
  if (record.epoch !== before.epoch)
    return { position, problem: `was sent ${record.epoch}:${record.seq} without a reset of epoch ${before.epoch}` };
  if (record.seq <= before.seq) return { position, problem: `was sent ${record.seq} after ${before.seq}` };
  if (record.seq > before.seq + 1)
    return { position, problem: `was sent ${record.seq} after ${before.seq}, and nothing told it of the hole` };
  return { position };
}

function landing(before: Position, record: Exclude<Moving, { readonly kind: 'subscribed' }>): Position {
  if (record.kind === 'reset') return { epoch: record.epoch, seq: 0 };
  if (record.kind === 'gap') return { epoch: before.epoch, seq: Math.max(before.seq, record.to) };
  return { epoch: record.epoch, seq: record.seq };
}
