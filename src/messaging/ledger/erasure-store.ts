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
  /** From now on nothing that began until now is recorded any more, on any node, and what is asked about that time is answered as erased. */
  abstract begin(user: string): Promise<void>;
  abstract remove(user: string): Promise<ErasedRecords>;
  /** Everything is done; answers the time up to which nothing is known of the user, milliseconds since the epoch. */
  abstract finish(user: string): Promise<number>;
}
