import type { NodeProgress, NodeRun } from '../../messaging/ledger/ledger-reader.js';

/** What one start of one node had to do with a message. Times are milliseconds since the epoch. */
export interface NodeShare {
  readonly node: string;
  /** A number that every start of a node takes anew. */
  readonly run: number;
  readonly state: 'running' | 'ended' | 'lost';
  /** How far it has come with the topic. */
  readonly seq: number;
  /** Whether it had handed the message to everybody who was live there. */
  readonly reached: boolean;
  /** At some moment between the two. */
  readonly flushed_between?: readonly [number, number];
  /** Subscriptions of this run that the message was owed to; null where they were too many to be counted. */
  readonly receipts: number | null;
}

export function nodeShares(
  progress: readonly NodeProgress[],
  counts: ReadonlyMap<number, number> | undefined,
  runs: readonly NodeRun[],
  seq: number,
  acceptedAt: number | undefined,
): readonly NodeShare[] {
  return progress
    .toSorted((left, right) => left.run - right.run)
    .map(({ node, run, seq: reachedSeq, marks }) => {
      const receipts = counts === undefined ? null : (counts.get(run) ?? 0);
      const known = runs.find((other) => other.run === run);
      const after = marks.find((mark) => mark.seq >= seq);
      const before = Math.max(marks.findLast((mark) => mark.seq < seq)?.at ?? known?.startedAt ?? 0, acceptedAt ?? 0);
      // A node that began to follow the topic later had nothing to hand out.
      const wasThere = after !== undefined && before > 0 && ((receipts ?? 0) > 0 || marks.some((mark) => mark.seq <= seq));
      return {
        node,
        run,
        state: stateOf(known),
        seq: reachedSeq,
        reached: reachedSeq >= seq,
        ...(wasThere ? { flushed_between: [Math.min(before, after.at), after.at] as const } : {}),
        receipts,
      };
    });
}

function stateOf(run: NodeRun | undefined): NodeShare['state'] {
  if (run?.endedAt !== undefined) return 'ended';
  return run?.lostAt === undefined ? 'running' : 'lost';
}
