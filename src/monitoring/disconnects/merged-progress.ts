import type { MissingNode } from '../../protocol/ops/missing-node.js';
import type { DisconnectProgress } from './disconnect-run.js';

/** How far one node is. */
export type NodeProgress = Pick<DisconnectProgress, 'state' | 'matched' | 'closed' | 'gone' | 'left'> & { readonly node: string };

/** How far a run is over all nodes. */
export interface ClusterProgress extends Omit<DisconnectProgress, 'counts'> {
  readonly nodes: readonly NodeProgress[];
  /** Nodes that take part, if they are there, and of which nothing is known now: their connections are in none of the sums. */
  readonly missing: readonly MissingNode[];
}

export interface NodeRun {
  readonly node: string;
  readonly progress: DisconnectProgress;
}

/**
 * One run from what each node says of its part; undefined where none says anything. A node that is there and has connections to close has
 * not begun yet where it says nothing.
 */
export function mergedProgress(said: readonly NodeRun[], missing: readonly MissingNode[]): ClusterProgress | undefined {
  const [first] = said;
  if (first === undefined) return undefined;
  const known = new Set([...said, ...missing].map(({ node }) => node));
  const waiting = Object.entries(first.progress.counts).filter(([node, count]) => count > 0 && !known.has(node));
  const runs = [...said, ...waiting.map(([node, count]) => ({ node, progress: notBegun(first.progress, count) }))];
  const parts = runs.map(({ progress }) => progress);
  const state = stateOf(parts);
  const { ended_at: _ended, stopped_by: _stopped, counts: _counts, ...common } = first.progress;
  const stoppedBy = parts.find(({ stopped_by: by }) => by !== undefined)?.stopped_by;
  const sum = (count: (part: DisconnectProgress) => number): number => parts.reduce((total, part) => total + count(part), 0);
  return {
    ...common,
    state,
    started_at: Math.min(...parts.map(({ started_at: at }) => at)),
    ...(state === 'running' ? {} : { ended_at: Math.max(...parts.map(({ ended_at: at }) => at ?? 0)) }),
    ...(stoppedBy === undefined ? {} : { stopped_by: stoppedBy }),
    matched: sum(({ matched }) => matched),
    closed: sum(({ closed }) => closed),
    gone: sum(({ gone }) => gone),
    left: sum(({ left }) => left),
    nodes: runs.map(({ node, progress: { state: its, matched, closed, gone, left } }) => ({
      node,
      state: its,
      matched,
      closed,
      gone,
      left,
    })),
    missing,
  };
}

function notBegun({ ended_at: _ended, stopped_by: _stopped, ...common }: DisconnectProgress, count: number): DisconnectProgress {
  return { ...common, state: 'running', matched: count, closed: 0, gone: 0, left: count };
}

function stateOf(parts: readonly DisconnectProgress[]): DisconnectProgress['state'] {
  if (parts.some(({ state }) => state === 'running')) return 'running';
  return parts.some(({ state }) => state === 'stopped') ? 'stopped' : 'done';
}
