import type { AuthView } from '../../auth/auth-view.js';
import type { Registry } from '../../cluster/registry.js';
import type { BusView } from '../../messaging/bus-view.js';
import type { GatewayControl } from '../../messaging/gateway-control.js';
import type { NodeDrain } from '../../messaging/node-drain.js';
import type { PublishQueueView } from '../../messaging/publish-queue-view.js';
import type { TopicsView } from '../../messaging/topics-view.js';
import type { DatabaseHealth } from '../../storage/database-health.js';
import type { LedgerHealth } from '../../storage/ledger/ledger-health.js';
import type { Health } from '../health/health.js';
import type { Probes } from '../probes/probes.js';
import type { Tracing } from '../tracing/tracing.js';
import { BUS_ROLES, DRAIN_STATES, REVOCATION_KINDS, TRACE_ROOTS } from './label-values.js';
import type { Metrics } from './metrics.js';

/** Reads the gateway's sums when metrics are read; each is a few additions, never a walk over connections. */
export function feedGatewayGauges(metrics: Metrics, gateway: GatewayControl): void {
  const { series } = metrics;
  metrics.beforeRead(() => {
    const counts = gateway.counts();
    series.sendQueueBytes.of().set(counts.queuedBytes);
    series.sendQueueMaxBytes.of().set(counts.maxQueuedBytes);
    series.sendQueueOldest.of().setMs(counts.oldestQueuedMs);
    series.slowConnections.of().set(counts.slow);
    series.draining.of().set(gateway.draining ? 1 : 0);
    series.drainRemaining.of().set(gateway.draining ? counts.connections : 0);
  });
}

export function feedDrainGauge(metrics: Metrics, drain: NodeDrain): void {
  metrics.beforeRead(() => {
    const state = drain.state;
    for (const each of DRAIN_STATES) metrics.series.drainState.of(each).set(each === state ? 1 : 0);
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

export function feedBusGauges(metrics: Metrics, bus: BusView): void {
  metrics.beforeRead(() => {
    for (const role of BUS_ROLES) metrics.series.busConnected.of(role).set(bus.isConnected(role) ? 1 : 0);
  });
}

export function feedMemberGauges(metrics: Metrics, registry: Registry): void {
  metrics.beforeRead(() => {
    const others = registry.others();
    const lost = others.filter(({ lostAt }) => lostAt !== undefined).length;
    metrics.series.members.of('there').set(1 + others.length - lost);
    metrics.series.members.of('lost').set(lost);
  });
}

const HEALTH_VALUES = { ok: 0, degraded: 1, down: 2 } as const;

export function feedHealthGauges(metrics: Metrics, health: Health): void {
  metrics.beforeRead(() => {
    const { status, parts } = health.report();
    metrics.series.ready.of().set(status === 'ready' ? 1 : 0);
    for (const [part, { state }] of Object.entries(parts)) metrics.series.healthState.of(part).set(HEALTH_VALUES[state]);
  });
}

export function feedTracingGauges(metrics: Metrics, tracing: Tracing): void {
  metrics.beforeRead(() => {
    metrics.series.telemetryQueue.of().set(tracing.waitingSpans);
    for (const root of TRACE_ROOTS) {
      const sampled = metrics.series.tracesSampled.of(root);
      sampled.add(tracing.begun[root] - sampled.value);
    }
  });
}

export function feedProbeGauge(metrics: Metrics, probes: Probes): void {
  metrics.beforeRead(() => metrics.series.probesActive.of().set(probes.active));
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
    metrics.series.revocationsAge.of().setMs(ageMs);
    for (const kind of REVOCATION_KINDS) metrics.series.revocations.of(kind).set(rules[kind]);
  });
}

export function feedLedgerGauges(metrics: Metrics, ledger: LedgerHealth): void {
  metrics.beforeRead(() => {
    const { state } = ledger;
    if (state === undefined) return;
    metrics.series.ledgerReceipts.of('open').set(state.openRows);
    metrics.series.ledgerReceipts.of('waiting').set(state.waiting);
    metrics.series.ledgerLag.of().setMs(Math.max(0, Date.now() - state.recordedTo));
  });
}
