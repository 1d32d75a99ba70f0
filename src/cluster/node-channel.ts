/** Text that one node says to others. Members are the sender's and the receiver's to agree on. */
export type NodeWord = Readonly<Record<string, unknown>>;

export type NodeWordListener = (word: NodeWord, from: string) => void;

/**
 * Port: what nodes say to one another beside messages of topics. The contract's hard sentence: a word reaches every node that is up,
 * the sender included, at most once and soon, or is lost; so whatever must happen stands in Postgres too and is looked up there.
 */
export abstract class NodeChannel {
  /** Name of this node. */
  abstract readonly node: string;
  /** Whether a word that is said now has a chance to be heard by others. */
  abstract readonly isOpen: boolean;
  /** Says it to everybody, or to one node alone. Rejects where it is known that nobody heard it. */
  abstract say(kind: string, word: NodeWord, to?: string): Promise<void>;
  /** Calls the listener with every word of a kind. One that throws is logged. The answer ends it. */
  abstract on(kind: string, listener: NodeWordListener): () => void;
}
