/** How many of something one node has under a name. */
export interface OwnCount {
  readonly name: string;
  readonly count: number;
  /** When the oldest of them came, milliseconds since the epoch by the clock of that node. */
  readonly oldestAt: number;
}

/** How many all nodes have together. */
export interface TotalCount {
  readonly name: string;
  readonly total: number;
  /** The node whose oldest is the oldest of all; undefined where there are none. */
  readonly oldest: { readonly node: string; readonly at: number } | undefined;
}

/**
 * Port: counts that nodes keep together. The contract's hard sentence: what a node said last of a name counts for it until it says
 * otherwise or its lease is over, and the answer has everything that was said before; so of two nodes that say one more at once, one is
 * answered both. Saying the same twice changes nothing.
 */
export abstract class SharedCounts {
  /** Whether there is anybody to count with; without, nothing else of this needs to be asked. */
  abstract readonly isShared: boolean;
  /**
   * Says what this node has of some names, and answers in their order what all have. `leaseMs`: how long it counts. Rejects where that
   * cannot be known.
   */
  abstract say(counts: readonly OwnCount[], leaseMs: number): Promise<readonly TotalCount[]>;
  /** Calls the listener when what was said may have been forgotten, so that it is to be said again. */
  abstract onForgotten(listener: () => void): void;
}
