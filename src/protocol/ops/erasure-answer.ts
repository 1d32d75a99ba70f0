/** `POST ops/erasures`: what was removed of a user, by kind. */
export interface ErasureAnswer {
  /** SHA-256 of the user id, by which the audit trail names them. */
  readonly user_hash: string;
  readonly receipts: number;
  readonly fetches: number;
  readonly connections: number;
  readonly refusals: number;
  readonly payloads: number;
  readonly topic: boolean;
  readonly disconnected: number;
  /** Milliseconds since the epoch. */
  readonly erased_at: number;
}
