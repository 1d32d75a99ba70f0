import type { MissingNode } from '../ui/missing-nodes.tsx';

/** What `ops/summary` answers; times are milliseconds since the epoch. */
export interface Summary {
  readonly ok: boolean;
  /** What is wrong, worst first, each a sentence. */
  readonly problems: readonly string[];
  readonly loss: { readonly balanced: boolean; readonly difference: number; readonly windows: readonly LossWindow[] };
  readonly latency: readonly NamespaceLatency[];
  /** Nearest to its end first. */
  readonly limits: readonly Limit[];
  readonly objectives: readonly Objective[];
  readonly canary: Readonly<Partial<Record<CanaryPath, CanaryRun>>>;
  readonly version: string;
  readonly node_version: string;
  readonly node: string;
  readonly as_of: number;
  readonly uptime_s: number;
  readonly draining: boolean;
  readonly connections: { readonly open: number; readonly authenticating: number; readonly slow: number };
  readonly subscriptions: number;
  readonly send_queue: { readonly bytes: number; readonly max_bytes: number; readonly oldest_ms: number };
  readonly health: Health;
  readonly nodes: readonly NodeStanding[];
  readonly missing: readonly MissingNode[];
}

/** One node beside the others. */
export interface NodeStanding {
  readonly node: string;
  readonly version: string;
  readonly uptime_s: number;
  readonly status: Health['status'];
  readonly ok: boolean;
  readonly problems: number;
  readonly connections: number;
  readonly subscriptions: number;
}

export interface LossWindow {
  readonly window: string;
  /** How much of it this node has lived through. */
  readonly covers_s: number;
  readonly matched: number;
  readonly written: number;
  readonly dropped: number;
  readonly unconfirmed: number;
  readonly not_written: number;
  readonly gaps_told: number;
}

/** From acceptance to the last write, over five minutes. */
export interface NamespaceLatency {
  readonly namespace: string;
  readonly messages: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
}

export interface Limit {
  readonly name: string;
  readonly used: number;
  readonly limit: number;
  readonly unit: string;
  readonly share: number;
  readonly set_by: string;
  /** Which node is the nearest to it, where there are several. */
  readonly node?: string;
}

export interface Objective {
  readonly name: string;
  readonly objective: number;
  readonly good_is: string;
  readonly windows: readonly {
    readonly window: string;
    readonly covers_s: number;
    readonly good: number;
    readonly total: number;
    readonly burn_rate: number;
  }[];
  /** Share of the budget of the longest window; below 0 it was missed. */
  readonly budget_left: number;
  readonly burning: boolean;
}

export type PartState = 'ok' | 'degraded' | 'down';

export interface Part {
  readonly state: PartState;
  readonly detail?: string;
  /** What works badly because of it. */
  readonly affects?: string;
  readonly since?: number;
  readonly age_ms: number;
}

export interface Health {
  readonly status: 'starting' | 'ready' | 'draining' | 'failing';
  readonly state: PartState;
  readonly parts: Readonly<Record<string, Part>>;
}

export type CanaryPath = 'live' | 'stored';

/** One round trip of the canary. */
export interface CanaryRun {
  readonly path: CanaryPath;
  readonly result: 'ok' | 'failed' | 'skipped';
  readonly at: number;
  readonly round_trip_ms?: number;
  readonly hops: readonly CanaryHop[];
  readonly broken?: string;
  readonly detail?: string;
}

export interface CanaryHop {
  readonly hop: string;
  readonly state: 'ok' | 'kept' | 'failed' | 'not_reached';
  /** When it was passed, milliseconds after the run began. */
  readonly at_ms?: number;
}
