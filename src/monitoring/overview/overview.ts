import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { Config } from '../../config/config.js';
import { nodeIdOf } from '../../config/node-id.js';
import { GatewayControl } from '../../messaging/gateway-control.js';
import { OverviewTopic } from '../../messaging/overview-topic.js';
import { OVERVIEW_NAMES, type OverviewSample } from '../../protocol/overview-sample.js';
import { DatabaseHealth } from '../../storage/database-health.js';
import { Health } from '../health/health.js';
import { Metrics } from '../metrics/metrics.js';
import { findProvider } from '../node-life.js';
import { NodeWellbeing } from '../summary/node-wellbeing.js';
import { OverviewHistory } from './overview-history.js';
import { OverviewSampler } from './overview-sampler.js';

const SAMPLE_MS = 1_000;
/** Problems are looked for no more often: it takes thousands of times as long as a sample. */
const PROBLEMS_MS = 10_000;

/**
 * This node, once a second: kept for an hour, and told to `$ops.overview` while anybody listens. One timer and one message serve all
 * consoles.
 */
@Injectable()
export class Overview implements OnApplicationBootstrap, OnModuleDestroy {
  readonly history = new OverviewHistory();
  readonly node: string;
  private latest: Float64Array = new Float64Array(OVERVIEW_NAMES.length).fill(NaN);
  private takenAt = Date.now();
  private problems = { count: 0, until: -Infinity };
  private sampler: OverviewSampler | undefined;
  private topic: OverviewTopic | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly modules: ModuleRef,
    config: Config,
    private readonly metrics: Metrics,
    private readonly health: Health,
    private readonly wellbeing: NodeWellbeing,
  ) {
    this.node = nodeIdOf(config);
  }

  onApplicationBootstrap(): void {
    const gateway = findProvider(this.modules, GatewayControl);
    if (gateway === undefined) return;
    this.topic = findProvider(this.modules, OverviewTopic);
    this.sampler = new OverviewSampler({
      metrics: this.metrics,
      gateway,
      database: findProvider(this.modules, DatabaseHealth),
      health: this.health,
    });
    this.sampler.start();
    this.timer = setInterval(() => this.tick(), SAMPLE_MS);
    this.timer.unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
    this.sampler?.stop();
  }

  /** The last sample. */
  sample(): OverviewSample {
    const numbers = Object.fromEntries(OVERVIEW_NAMES.map((name, place) => [name, known(this.latest[place])]));
    const { status, parts } = this.health.known();
    return {
      at: this.takenAt,
      node: this.node,
      ...(numbers as Record<(typeof OVERVIEW_NAMES)[number], number | null>),
      ready: status === 'ready',
      degraded: Object.keys(parts).filter((part) => parts[part]?.state !== 'ok'),
      problems: this.problemCount(),
    };
  }

  private tick(): void {
    if (this.sampler === undefined) return;
    this.latest = this.sampler.take();
    this.takenAt = Date.now();
    this.history.add(this.latest);
    if (this.topic?.isWatched === true) this.topic.tell(JSON.stringify(this.sample()));
  }

  private problemCount(): number {
    const now = performance.now();
    if (now >= this.problems.until) this.problems = { count: this.wellbeing.report().wellbeing.problems.length, until: now + PROBLEMS_MS };
    return this.problems.count;
  }
}

function known(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : Math.round(value * 1_000) / 1_000;
}
