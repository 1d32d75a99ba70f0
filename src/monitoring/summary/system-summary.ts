import type { MissingNode } from '../../protocol/ops/missing-node.js';
import type { HealthReport } from '../health/health.js';
import type { Wellbeing } from './summary.js';

/** How one node is. */
export interface NodeSummary extends Wellbeing {
  readonly version: string;
  readonly node_version: string;
  readonly node: string;
  readonly as_of: number;
  readonly uptime_s: number;
  readonly draining: boolean;
  readonly connections: { readonly open: number; readonly authenticating: number; readonly slow: number };
  readonly subscriptions: number;
  readonly send_queue: { readonly bytes: number; readonly max_bytes: number; readonly oldest_ms: number };
  readonly traces: { readonly kept_spans: number };
  readonly health: HealthReport;
}

/** One node beside the others. */
export interface NodeStanding {
  readonly node: string;
  readonly version: string;
  readonly uptime_s: number;
  readonly draining: boolean;
  readonly status: HealthReport['status'];
  readonly ok: boolean;
  readonly problems: number;
  readonly connections: number;
  readonly subscriptions: number;
}

/** How all nodes are. Of `version`, `uptime_s`, `draining` and `health` it says the node's that answers. */
export interface SystemSummary extends NodeSummary {
  readonly nodes: readonly NodeStanding[];
  /** Nodes that did not answer: each is a problem, and in none of the numbers. */
  readonly missing: readonly MissingNode[];
}
