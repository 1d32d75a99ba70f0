/** What an erasure took out of the database, by kind. */
export interface ErasedRecords {
  readonly receipts: number;
  /** Reads of history. */
  readonly fetches: number;
  readonly connections: number;
  readonly refusals: number;
  /** Messages that the user published, whose payload is `null` now. */
  readonly payloads: number;
}

/**
 * Port: takes a user out of what is stored. Every step may be repeated, and removes what a run that was cut short left; what the user did
 * after `begin` stays. Rejects with `Refusal` `UNAVAILABLE` where the database does not answer.
 */
export abstract class ErasureStore {
  /**
   * From now on nothing that began until now is recorded any more, on any node, and what is asked about that time is answered as erased.
   * What happens on a connection began with the connection. Answers that time, milliseconds since the epoch.
   */
  abstract begin(user: string): Promise<number>;
  /** `connections`: those that ended for it, whose last messages may have been stored since it began. */
  abstract remove(user: string, connections: readonly string[]): Promise<ErasedRecords>;
  /** Everything is done; answers the time up to which nothing is known of the user, milliseconds since the epoch. */
  abstract finish(user: string): Promise<number>;
}
