import { getHeapStatistics } from 'node:v8';
import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { MemberLoad } from '../../cluster/member.js';
import { Config } from '../../config/config.js';
import { nodeIdOf } from '../../config/node-id.js';
import { NodeDrain } from '../../messaging/node-drain.js';
import { Refusal } from '../../protocol/refusal.js';
import { Health } from '../health/health.js';
import { findProvider } from '../node-life.js';
import { packageVersion } from '../../config/package-version.js';
import { Limits } from '../summary/limits.js';
import { usageOf } from '../summary/usage.js';
import { LoopDelay } from './loop-delay.js';
import { type NodeView, stateOf } from './node-view.js';

/** The node that answers, and what it says of itself. */
@Injectable()
export class ThisNode {
  readonly startedAt = Date.now() - Math.round(process.uptime() * 1_000);

  constructor(
    private readonly modules: ModuleRef,
    private readonly config: Config,
    private readonly health: Health,
    private readonly limits: Limits,
    private readonly loop: LoopDelay,
  ) {}

  get name(): string {
    return nodeIdOf(this.config);
  }

  get drain(): NodeDrain {
    const drain = findProvider(this.modules, NodeDrain);
    if (drain === undefined) throw new Refusal('UNAVAILABLE', 'this node has not started completely; ask again soon');
    return drain;
  }

  /** What the others are told with each heartbeat; null while this node starts. */
  load(): MemberLoad | null {
    if (findProvider(this.modules, NodeDrain) === undefined) return null;
    const usage = usageOf(this.modules);
    const [nearest] = this.limits.report(usage);
    return {
      state: stateOf(this.health.report()),
      connections: usage.gateway.connections,
      loop_delay_p99_ms: this.loop.p99Ms,
      nearest_limit: nearest === undefined ? null : { name: nearest.name, share: nearest.share },
    };
  }

  view(): NodeView {
    const usage = usageOf(this.modules);
    const health = this.health.report();
    const { used_heap_size: heapUsed, heap_size_limit: heapLimit } = getHeapStatistics();
    return {
      node: this.name,
      this: true,
      region: this.config.cluster.region ?? null,
      version: packageVersion,
      node_version: process.version,
      started_at: this.startedAt,
      state: stateOf(health),
      parts: Object.entries(health.parts).map(([name, part]) => ({ name, ...part })),
      connections: usage.gateway.connections,
      slow_connections: usage.gateway.slow,
      subscriptions: usage.gateway.subscriptions,
      limits: this.limits.report(usage),
      event_loop: { delay_p99_ms: this.loop.p99Ms, delay_max_ms: this.loop.maxMs, utilization: this.limits.loopBusy },
      memory: { rss_bytes: process.memoryUsage.rss(), heap_used_bytes: heapUsed, heap_limit_bytes: heapLimit },
      drain: this.drain.current ?? null,
    };
  }
}
