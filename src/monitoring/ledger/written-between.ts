import type { FoundReceipt, NodeProgress, NodeRun } from '../../messaging/ledger/ledger-reader.js';

/** Milliseconds since the epoch, by the clock of the node that wrote it. */
export type Span = readonly [from: number, to: number];

export interface SpanFacts {
  readonly seq: number;
  /** When the message was accepted; undefined where the message is gone. */
  readonly acceptedAt: number | undefined;
  readonly now: number;
  readonly progress: readonly NodeProgress[];
  readonly runs: readonly NodeRun[];
}

/**
 * Between which times a message was handed to the kernel for a receipt that says `written` or `acked`. What came live and at once lies
 * between two marks of its node; what came from history, or had to wait, only somewhere in the receipt's life. Never before it was accepted.
 */
export function writtenBetween({ receipt, run, state }: FoundReceipt, { seq, acceptedAt, now, progress, runs }: SpanFacts): Span {
  const { openedAt, closedAt, recoveredTo, lagged } = receipt;
  const lostAt = state.kind === 'lost' ? runs.find((other) => other.run === run)?.lostAt : undefined;
  const end = closedAt ?? lostAt ?? now;
  const earliest = [openedAt, acceptedAt ?? openedAt];
  if (seq <= recoveredTo || lagged) return span(earliest, end);
  const marks = progress.find((other) => other.run === run)?.marks ?? [];
  const before = marks.findLast((mark) => mark.seq < seq)?.at ?? openedAt;
  const after = marks.find((mark) => mark.seq >= seq)?.at ?? end;
  return span([...earliest, before], Math.min(after, end));
}

/** The latest of the beginnings that are not after the end: by another node's clock one may be. */
function span(beginnings: readonly number[], to: number): Span {
  return [Math.max(...beginnings.filter((at) => at <= to), Math.min(...beginnings, to)), to];
}
