import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { Config } from '../../config/config.js';
import { nodeIdOf } from '../../config/node-id.js';
import { GatewayControl } from '../../messaging/gateway-control.js';
import { OverviewTopic } from '../../messaging/overview-topic.js';
import { OVERVIEW_NAMES, type OverviewSample, type SystemSample } from '../../protocol/overview-sample.js';
import { Refusal } from '../../protocol/refusal.js';
import { DatabaseHealth } from '../../storage/database-health.js';
import { Health } from '../health/health.js';
import { Metrics } from '../metrics/metrics.js';
import { findProvider } from '../node-life.js';
import { EveryNode } from '../nodes/every-node.js';
import { NodeWellbeing } from '../summary/node-wellbeing.js';
import { OverviewHistory } from './overview-history.js';
import { OverviewSampler } from './overview-sampler.js';
import { systemSample } from './samples-of-nodes.js';

const SAMPLE_MS = 1_000;
/** A node is waited for no longer than a sample takes to be old. */
const ASK_MS = 600;
const KIND = 'ops.sample';
/** Problems are looked for no more often: it takes thousands of times as long as a sample. */
const PROBLEMS_MS = 10_000;

/**
 * This node, once a second: kept for an hour. While anybody listens to `$ops.overview` here, the other nodes are asked for theirs, and all consoles
 * of this node are told of all nodes in one message. The topic is each node's own, so a node that nobody watches is asked and tells nobody.
 */
@Injectable()
export class Overview implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(Overview.name);
  readonly history = new OverviewHistory();
  readonly node: string;
  private latest: Float64Array = new Float64Array(OVERVIEW_NAMES.length).fill(NaN);
  private takenAt = Date.now();
  private problems = { count: 0, until: -Infinity };
  private sampler: OverviewSampler | undefined;
  private topic: OverviewTopic | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isTelling = false;

  constructor(
    private readonly modules: ModuleRef,
    config: Config,
    private readonly metrics: Metrics,
    private readonly health: Health,
    private readonly wellbeing: NodeWellbeing,
    private readonly nodes: EveryNode,
  ) {
    this.node = nodeIdOf(config);
    nodes.answerOthers(KIND, () => this.sample());
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

  /** The last sample of all nodes. */
  async system(): Promise<SystemSample> {
    const { answers, missing } = await this.nodes.askOthers<OverviewSample>(KIND, {}, { timeoutMs: ASK_MS });
    return systemSample(
      this.sample(),
      answers.map(({ answer }) => answer),
      missing,
    );
  }

  /** The last sample of this node. */
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
    if (this.topic?.isWatched !== true || this.isTelling) return;
    void this.tell(this.topic);
  }

  /** Never rejects: what cannot be told now is told a second later. */
  private async tell(topic: OverviewTopic): Promise<void> {
    this.isTelling = true;
    try {
      topic.tell(JSON.stringify(await this.system()));
    } catch (error) {
      // With too many questions under way this one is refused.
      if (!(error instanceof Refusal)) this.logger.error(error);
    }
    this.isTelling = false;
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
