import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { Registry } from '../../cluster/registry.js';
import { Config } from '../../config/config.js';
import { BusView } from '../../messaging/bus-view.js';
import { PublishQueueView } from '../../messaging/publish-queue-view.js';
import { LedgerHealth } from '../../storage/ledger/ledger-health.js';
import { Certificates } from '../../tls/certificates.js';
import { accountOf } from '../accounting/accounting.js';
import { Health } from '../health/health.js';
import { BUS_ROLES } from '../metrics/label-values.js';
import { Metrics } from '../metrics/metrics.js';
import { findProvider } from '../node-life.js';
import { LoopDelay } from '../nodes/loop-delay.js';
import { CounterHistory } from '../summary/history.js';
import { Limits } from '../summary/limits.js';
import { objectivesOf } from '../summary/objectives.js';
import { usageOf } from '../summary/usage.js';
import type { Found, Load } from './condition.js';

/** Looks at everything that may be wrong with this node, once all modules stand. */
@Injectable()
export class Findings {
  constructor(
    private readonly modules: ModuleRef,
    private readonly config: Config,
    private readonly health: Health,
    private readonly metrics: Metrics,
    private readonly history: CounterHistory,
    private readonly limits: Limits,
    private readonly loop: LoopDelay,
  ) {}

  now(): Found {
    const usage = usageOf(this.modules);
    return {
      health: this.health.report(),
      difference: accountOf(this.metrics).reduce((sum, { deliveries }) => sum + Math.abs(deliveries.difference), 0),
      objectives: objectivesOf(this.history, this.metrics.namespaces),
      limits: this.limits.report(usage),
      load: this.loadOf(usage.gateway),
    };
  }

  private loadOf(gateway: Load['gateway']): Load {
    const bus = findProvider(this.modules, BusView);
    const ledger = findProvider(this.modules, LedgerHealth)?.state;
    const registry = findProvider(this.modules, Registry);
    const expiresAt = findProvider(this.modules, Certificates)?.expiresAt;
    return {
      gateway,
      nodeQueueBytes: this.config.gateway.nodeQueueBytes,
      publishesWaiting: findProvider(this.modules, PublishQueueView)?.counts().waiting ?? 0,
      loopDelayP99Ms: this.loop.p99Ms,
      ledgerLagMs: ledger === undefined ? undefined : Date.now() - ledger.recordedTo,
      busAway: bus === undefined ? [] : BUS_ROLES.filter((role) => !bus.isConnected(role)),
      nodesLost: (registry?.others() ?? []).filter(({ lostAt }) => lostAt !== undefined).map(({ card }) => card.node),
      misfit: registry?.misfit,
      certificateLeftMs: expiresAt === undefined ? undefined : expiresAt - Date.now(),
    };
  }
}
