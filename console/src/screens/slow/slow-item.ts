import type { MissingNode } from '../../ui/missing-nodes.tsx';

export type SlowPolicy = 'disconnect' | 'drop_oldest' | 'keep_latest';

/** One slow client, as REST answers it. Times are milliseconds. */
export interface SlowItem {
  readonly node?: string;
  readonly id: string;
  readonly ref: string;
  readonly user?: string;
  readonly address: string;
  readonly client?: string;
  readonly age_ms: number;
  readonly rtt_ms?: number;
  readonly queued_bytes: number;
  readonly queued_frames: number;
  readonly queued_ms: number;
  readonly stalled_ms?: number;
  readonly dropped_messages: number;
  readonly max_queued_bytes: number;
  readonly topics: readonly string[];
  readonly policies: readonly SlowPolicy[];
}

export interface SlowLimits {
  readonly queue_bytes: number;
  readonly queue_messages: number;
  readonly write_stall_ms: number;
}

export interface SlowList {
  /** Nodes that did not answer. */
  readonly missing?: readonly MissingNode[];
  readonly items: readonly SlowItem[];
  readonly total: number;
  readonly queued_bytes: number;
  readonly limits: SlowLimits;
  readonly as_of: number;
}
