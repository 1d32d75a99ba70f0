import type { Position } from './message.js';

/** A topic has reached this position, at least. */
export interface Hint extends Position {
  readonly topic: string;
}

/**
 * Port: what came into the log by another way than this program's nodes, such as a publish within an application's transaction.
 *
 * The contract's hard sentence: `read` answers everything that became visible since the last call, whatever the order of commits.
 * It may answer more, and it may forget what is some seconds old: a hint only says where to look, and the sweep looks everywhere.
 */
export abstract class HintSource {
  /** Rejects where the source cannot be read now; the next call answers for both. */
  abstract read(): Promise<readonly Hint[]>;
}
