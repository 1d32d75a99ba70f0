import type { DrainProgress } from '../../messaging/node-drain.js';
import type { HealthReport, PartReport } from '../health/health.js';
import type { LimitReport } from '../summary/limits.js';

/** `unready`: it starts, or cannot deliver to its own socket. A node that is drained, or ends, is `draining`. */
export type NodeState = 'ready' | 'degraded' | 'draining' | 'unready';

/** One node as operators see it. Times are milliseconds since the epoch. */
export interface NodeView {
  readonly node: string;
  /** Whether it is the one that answers. */
  readonly this: boolean;
  /** Where it is, as `WAYBILL_REGION` says; null: it says nothing. */
  readonly region: string | null;
  readonly version: string;
  readonly node_version: string;
  readonly started_at: number;
  readonly state: NodeState;
  readonly parts: readonly (PartReport & { readonly name: string })[];
  readonly connections: number;
  readonly slow_connections: number;
  readonly subscriptions: number;
  /** Nearest to its end first. */
  readonly limits: readonly LimitReport[];
  /** Over the last ten seconds. */
  readonly event_loop: { readonly delay_p99_ms: number; readonly delay_max_ms: number; readonly utilization: number };
  readonly memory: { readonly rss_bytes: number; readonly heap_used_bytes: number; readonly heap_limit_bytes: number };
  /** The drain that holds it, under way or done. */
  readonly drain: DrainProgress | null;
}

export function stateOf({ status, state }: Pick<HealthReport, 'status' | 'state'>): NodeState {
  if (status === 'draining') return 'draining';
  if (status !== 'ready') return 'unready';
  return state === 'ok' ? 'ready' : 'degraded';
}
