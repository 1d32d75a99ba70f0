/** One device of `devices`. Times are milliseconds since the epoch. */
export interface Device {
  readonly id: string;
  readonly user: string;
  readonly roles: readonly string[];
  readonly state: 'active' | 'disabled';
  readonly created_at: number;
  readonly last_seen_at?: number;
  readonly keys: readonly {
    readonly id: string;
    readonly kind: 'ed25519' | 'hmac';
    readonly version: 'current' | 'previous' | 'expired';
    readonly expires_at?: number;
  }[];
}
