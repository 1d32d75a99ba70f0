import { readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Operator, sumOf } from '../faults/rig/operator.js';
import { residentBytes, signal } from '../faults/rig/processes.js';
import type { Program } from '../support/program.js';

const MB = 1e6;
/** What a full collection takes at most; it runs before the metrics are read. */
const COLLECTED_MS = 300;

/** One look at a gateway; sizes in megabytes (10^6), time in milliseconds since the beginning. */
export interface Sample {
  readonly at: number;
  readonly residentMb: number;
  /** The heap after a full collection: what is held. */
  readonly heapMb: number;
  readonly externalMb: number;
  readonly descriptors: number;
  readonly connections: number;
  readonly subscriptions: number;
}

/** What must be zero again when all clients have left. */
const GAUGES = [
  'waybill_connections',
  'waybill_subscriptions',
  'waybill_topics',
  'waybill_slow_connections',
  'waybill_send_queue_bytes',
  'waybill_deliveries_queued',
  'waybill_publish_queue_messages',
  'waybill_publish_paused_connections',
] as const;

/** Pairs of message and connection: what was matched, and what became of it. */
export interface Balance {
  readonly matched: number;
  readonly outcomes: Readonly<Record<string, number>>;
  /** Matched and without any outcome; 0 where all are accounted for. */
  readonly missing: number;
}

/** Looks at a gateway that was started with `WATCHED`. */
export class GatewayWatch {
  readonly operator: Operator;
  private readonly began = performance.now();

  constructor(private readonly node: Program) {
    this.operator = new Operator(node);
  }

  async sample(): Promise<Sample> {
    signal(this.node.pid, 'SIGUSR2');
    await delay(COLLECTED_MS);
    const metrics = await this.operator.metrics();
    return {
      at: performance.now() - this.began,
      residentMb: residentBytes(this.node.pid) / MB,
      heapMb: sumOf(metrics, 'nodejs_heap_size_used_bytes') / MB,
      externalMb: sumOf(metrics, 'nodejs_external_memory_bytes') / MB,
      descriptors: this.descriptors,
      connections: sumOf(metrics, 'waybill_connections'),
      subscriptions: sumOf(metrics, 'waybill_subscriptions'),
    };
  }

  /** The gauges that are not zero, with their values. */
  async leftovers(): Promise<readonly string[]> {
    const metrics = await this.operator.metrics();
    return GAUGES.map((name) => [name, sumOf(metrics, name)] as const)
      .filter(([, value]) => value !== 0)
      .map(([name, value]) => `${name} is ${value}`);
  }

  async balance(): Promise<Balance> {
    const metrics = await this.operator.metrics();
    const outcomes: Record<string, number> = { queued: sumOf(metrics, 'waybill_deliveries_queued') };
    let matched = 0;
    for (const [series, value] of metrics) {
      const result = /^waybill_deliveries_total\{.*result="([^"]+)"/.exec(series)?.[1];
      if (result === 'matched') matched += value;
      // Told by the client about what was written already: no outcome of its own.
      else if (result !== undefined && result !== 'acked') outcomes[result] = (outcomes[result] ?? 0) + value;
    }
    const accounted = Object.values(outcomes).reduce((sum, value) => sum + value, 0);
    return { matched, outcomes, missing: matched - accounted };
  }

  get descriptors(): number {
    return readdirSync(`/proc/${this.node.pid}/fd`).length;
  }
}

/** Settings of a gateway that is watched. */
export const WATCHED = { NODE_OPTIONS: `--import ${new URL('../../bench/rig/collect-on-signal.ts', import.meta.url).href}` } as const;
