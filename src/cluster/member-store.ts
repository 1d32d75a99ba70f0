import type { Member, MemberCard } from './member.js';

export interface BeatTerms {
  /** A node that has not written itself for so long is lost, in milliseconds. */
  readonly leaseMs: number;
  /** For so long a lost one is remembered, in milliseconds. */
  readonly keepMs: number;
}

/** What a heartbeat found. */
export type Beat =
  | { readonly kind: 'taken'; readonly run: string }
  | {
      readonly kind: 'written';
      /** Everybody, this node included, in no order. */
      readonly members: readonly Member[];
      /** Names of those that this very beat found lost: no other node's beat is told of them. */
      readonly lost: readonly string[];
      /** This node was not in the store: it is new, or the store forgot everything. */
      readonly fresh: boolean;
    };

/**
 * Port: where nodes write that they are there. The contract's hard sentence: a name belongs to one run, a node that stopped writing is found lost by
 * exactly one other, and one is found lost only by a node that has itself been written without a break for the whole lease, so that a store that
 * was away, or that forgot everything, makes nobody lost.
 */
export abstract class MemberStore {
  /** Whether others can be met here now. */
  abstract readonly isOpen: boolean;
  /** Writes this node, and reads the others. `takeOver`: even where another run holds the name. */
  abstract beat(card: MemberCard, terms: BeatTerms, takeOver?: boolean): Promise<Beat>;
  /** Writes others as they were last known, where the store does not know them; they have one lease to speak for themselves. */
  abstract restore(cards: readonly MemberCard[], terms: BeatTerms): Promise<void>;
  /** This run goes in order. */
  abstract leave(node: string, run: string): Promise<void>;
  /** Calls the listener each time others can be met again. */
  abstract onOpen(listener: () => void): void;
}
