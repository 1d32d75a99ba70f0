import type { AuthView } from '../../auth/auth-view.js';
import type { GatewayControl } from '../../messaging/gateway-control.js';
import type { PublishQueueView } from '../../messaging/publish-queue-view.js';
import type { TopicsView } from '../../messaging/topics-view.js';
import type { DatabaseHealth } from '../../storage/database-health.js';
import { REVOCATION_KINDS } from './label-values.js';
import type { Metrics } from './metrics.js';

const MS_PER_SECOND = 1_000;

/** Reads the gateway's sums when metrics are read; each is a few additions, never a walk over connections. */
export function feedGatewayGauges(metrics: Metrics, gateway: GatewayControl): void {
  const { series } = metrics;
  metrics.beforeRead(() => {
    const counts = gateway.counts();
    series.sendQueueBytes.of().set(counts.queuedBytes);
    series.sendQueueMaxBytes.of().set(counts.maxQueuedBytes);
    series.sendQueueOldest.of().set(counts.oldestQueuedMs / MS_PER_SECOND);
    series.slowConnections.of().set(counts.slow);
    series.draining.of().set(gateway.draining ? 1 : 0);
    series.drainRemaining.of().set(gateway.draining ? counts.connections : 0);
  });
}

export function feedPublishGauges(metrics: Metrics, publishes: PublishQueueView): void {
  metrics.beforeRead(() => {
    const { taken, waiting, paused } = publishes.counts();
    metrics.series.publishQueue.of('taken').set(taken);
    metrics.series.publishQueue.of('waiting').set(waiting);
    metrics.series.pausedConnections.of().set(paused);
  });
}

export function feedTopicGauges(metrics: Metrics, topics: TopicsView): void {
  metrics.beforeRead(() => {
    metrics.series.topics.of().set(topics.count());
    metrics.series.subscriptions.of().set(topics.subscriptions());
  });
}

const CIRCUIT_VALUES = { closed: 0, half_open: 1, open: 2 } as const;

export function feedDatabaseGauges(metrics: Metrics, database: DatabaseHealth): void {
  metrics.beforeRead(() => {
    const { total, idle, waiting } = database.pool;
    const { databasePool, circuitState } = metrics.series;
    circuitState.of('database').set(CIRCUIT_VALUES[database.circuit]);
    databasePool.of('idle').set(idle);
    databasePool.of('used').set(total - idle);
    databasePool.of('waiting').set(waiting);
  });
}

export function feedAuthGauges(metrics: Metrics, auth: AuthView): void {
  metrics.beforeRead(() => {
    const { rules, ageMs } = auth.revocations();
    metrics.series.jwksKeys.of().set(auth.jwks()?.keys ?? 0);
    metrics.series.revocationsAge.of().set(ageMs / MS_PER_SECOND);
    for (const kind of REVOCATION_KINDS) metrics.series.revocations.of(kind).set(rules[kind]);
  });
}
