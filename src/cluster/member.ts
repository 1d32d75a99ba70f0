import type { CommonGround } from './common-ground.js';

/** How a node fares, as of its last heartbeat. */
export interface MemberLoad {
  /** As in `GET ops/nodes`. */
  readonly state: 'ready' | 'degraded' | 'draining' | 'unready';
  readonly connections: number;
  readonly loop_delay_p99_ms: number;
  /** The limit that is nearest to its end; null: it has none. */
  readonly nearest_limit: { readonly name: string; readonly share: number } | null;
}

/** What a node says of itself to the others. Names are those that cross the wire. */
export interface MemberCard {
  readonly node: string;
  /** Of this start of it. */
  readonly run: string;
  readonly version: string;
  readonly region: string | null;
  /** Milliseconds since the epoch, by its own clock. */
  readonly started_at: number;
  readonly common: CommonGround;
  /** Null until it has started completely. */
  readonly load: MemberLoad | null;
}

/** One node as this one knows it. */
export interface Member {
  readonly card: MemberCard;
  /** When it was taken for lost, milliseconds since the epoch by the store's clock; undefined: it is there. */
  readonly lostAt: number | undefined;
}
