/** Why somebody was refused, as it was recorded. */
export interface RefusalRecord {
  readonly kind: string;
  readonly code: string;
  readonly rule: string | undefined;
  readonly message: string;
  readonly topic: string | undefined;
  readonly connection: string | undefined;
  readonly ref: string | undefined;
  /** When the connection of the first one began, milliseconds since the epoch: an erasure takes a connection as a whole. Not recorded. */
  readonly connectedAt?: number | undefined;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly count: number;
}
