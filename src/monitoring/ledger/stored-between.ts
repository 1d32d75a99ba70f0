import type { NodeProgress, NodeRun } from '../../messaging/ledger/ledger-reader.js';
import type { LocatedMessage } from './located-message.js';
import { RECORD_MARGIN_MS } from './record-margin.js';
import type { Span } from './written-between.js';

/**
 * Between which times a message was stored: the moment where it still stands, else what the marks of the nodes that handed out the topic
 * leave open. Undefined where they leave everything open.
 */
export function storedBetween(
  { at, seq, policy }: Pick<LocatedMessage, 'at' | 'seq' | 'policy'>,
  progress: readonly Pick<NodeProgress, 'run' | 'marks'>[],
  runs: readonly NodeRun[],
  now: number,
): Span | undefined {
  if (at !== undefined) return [at, at];
  const marks = progress.flatMap((node) => node.marks);
  // What was handed out later may have been stored a little before.
  const before = marks.filter((mark) => mark.seq < seq).map((mark) => mark.at - RECORD_MARGIN_MS);
  const after = marks.filter((mark) => mark.seq >= seq).map((mark) => mark.at);
  const earliest = policy.durable ? before : [...before, ...beginning(progress, runs)];
  if (earliest.length === 0) return undefined;
  const from = Math.max(...earliest);
  return [from, Math.max(from, Math.min(now, ...after))];
}

/** An epoch of an ephemeral topic is no older than the first of the nodes that handed it out. */
function beginning(progress: readonly Pick<NodeProgress, 'run'>[], runs: readonly NodeRun[]): readonly number[] {
  const starts = runs.filter(({ run }) => progress.some((node) => node.run === run)).map(({ startedAt }) => startedAt);
  return starts.length > 0 ? [Math.min(...starts)] : [];
}
