import type { Mark, Receipt } from './receipt.js';

/** A receipt of this node that is still open. */
export interface OpenReceipt {
  readonly no: number;
  readonly user: string;
  readonly connection: string;
  /** Whether the ledger has a row of it; the ledger sets it. */
  recorded: boolean;
  /** Whether it says more than its topic's progress does: something waits for it, or it has exceptions that the ledger has not seen. */
  readonly hasNews: boolean;
  /** As it stands at this moment, for the ledger to record: its exceptions are old news then. */
  snapshot(): Receipt;
  /** As it stands at this moment, for somebody who asks: changes nothing. */
  look(): Receipt;
}

/** How far a node has come with one topic. */
export interface TopicProgress {
  readonly topic: string;
  readonly epoch: string;
  /** Everybody who was live has been offered everything up to here, and it is written where nothing waits. */
  readonly seq: number;
  /** Rising; closer together the younger they are. */
  readonly marks: readonly Mark[];
  /** Those of the epoch above and, while something of theirs still waits, of earlier ones. */
  receipts(): Iterable<OpenReceipt>;
}

/** Port: the open receipts of this node, as memory has them. */
export interface OpenReceipts {
  /** Topics that have moved since this was asked last, each once. Each is to be read before the event loop goes on. */
  moved(): readonly TopicProgress[];
  /** A topic that is open on this node. */
  of(topic: string): TopicProgress | undefined;
  /** All open receipts of one connection of this node. */
  ofConnection(connection: string): Iterable<OpenReceipt>;
}
