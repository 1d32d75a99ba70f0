import { monotonicMs } from './monotonic-clock.js';

/** Action of every message of a benchmark. */
export const BENCH_ACTION = 'bench.tick';

const SEQ = '"seq":';
const SENT = '"data":{"t":';
/** Seq and time stand behind names and ids of bounded length; the rest of a long payload is not looked at. */
const LOOKED_AT_BYTES = 700;
const US_PER_MS = 1_000;

/** What a subscriber notes of a message. */
export interface Delivery {
  readonly seq: number;
  /** From the timestamp its publish was due. */
  readonly latencyMs: number;
}

/** JSON text of a payload of about `bytes` that says when it was due, by the clock of this machine. */
export function payloadText(dueAt: number, bytes: number): string {
  const text = `{"t":${Math.round(dueAt * US_PER_MS)},"pad":""}`;
  return `${text.slice(0, -2)}${'x'.repeat(Math.max(0, bytes - text.length))}"}`;
}

/** Undefined for a frame that is no message of a benchmark: control, presence, somebody else's. */
export function deliveryIn(bytes: Buffer, start: number, end: number): Delivery | undefined {
  const text = bytes.toString('latin1', start, Math.min(end, start + LOOKED_AT_BYTES));
  const data = text.indexOf(SENT);
  if (data === -1) return undefined;
  const seqAt = text.lastIndexOf(SEQ, data);
  if (seqAt === -1) return undefined;
  const seq = Number.parseInt(text.slice(seqAt + SEQ.length, seqAt + SEQ.length + 17), 10);
  const sentUs = Number.parseInt(text.slice(data + SENT.length, data + SENT.length + 17), 10);
  return { seq, latencyMs: monotonicMs() - sentUs / US_PER_MS };
}
