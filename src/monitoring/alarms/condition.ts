import type { GatewayCounts } from '../../messaging/gateway-control.js';
import type { HealthReport } from '../health/health.js';
import type { LimitReport } from '../summary/limits.js';
import type { ObjectiveReport } from '../summary/objectives.js';

/** What is known of a node at one moment. */
export interface Found {
  readonly health: HealthReport;
  /** Deliveries that are unaccounted for. */
  readonly difference: number;
  readonly objectives: readonly ObjectiveReport[];
  readonly limits: readonly LimitReport[];
  /** Absent: nothing is known of it. */
  readonly load?: Load;
}

export interface Load {
  readonly gateway: GatewayCounts;
  /** Most bytes of all send queues together; 0: no limit. */
  readonly nodeQueueBytes: number;
  /** Publishes that wait for room. */
  readonly publishesWaiting: number;
  readonly loopDelayP99Ms: number;
  /** How long ago everything was recorded, in milliseconds; undefined: no ledger. */
  readonly ledgerLagMs: number | undefined;
  /** Ways to the bus that are away. */
  readonly busAway: readonly string[];
  /** Names of nodes that were lost lately and have not come back. */
  readonly nodesLost: readonly string[];
  /** Why this node does not belong to the others. */
  readonly misfit: string | undefined;
  /** Milliseconds until the certificate in use ends; undefined: no TLS. */
  readonly certificateLeftMs: number | undefined;
}

/** Something that is wrong now. */
export interface Condition {
  /** The alert's, where there is one; else `part.<name>`, `limit.<name>` or `draining`. */
  readonly name: string;
  /** In one sentence, for somebody who was woken by it. */
  readonly summary: string;
  /** A problem of the summary as soon as it is so; else only once it is an alarm. */
  readonly atOnce: boolean;
  readonly affects?: string;
  readonly value?: number;
  readonly threshold?: number;
}
