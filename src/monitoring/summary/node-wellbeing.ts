import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { type GatewayCounts, GatewayControl } from '../../messaging/gateway-control.js';
import { Canary } from '../canary/canary.js';
import { Health, type HealthReport } from '../health/health.js';
import { Metrics } from '../metrics/metrics.js';
import { CounterHistory } from './history.js';
import { Limits } from './limits.js';
import { type Wellbeing, wellbeingOf } from './summary.js';
import { usageOf } from './usage.js';

export interface NodeReport {
  readonly wellbeing: Wellbeing;
  readonly health: HealthReport;
  readonly counts: GatewayCounts;
  readonly draining: boolean;
}

/** Whether all is well on this node, from whatever knows a part of it. It is looked at in places, so not for every second. */
@Injectable()
export class NodeWellbeing {
  constructor(
    private readonly modules: ModuleRef,
    private readonly health: Health,
    private readonly metrics: Metrics,
    private readonly history: CounterHistory,
    private readonly limits: Limits,
    private readonly canary: Canary,
  ) {}

  report(): NodeReport {
    const gateway = this.modules.get(GatewayControl, { strict: false });
    const usage = usageOf(this.modules);
    const health = this.health.report();
    const limits = this.limits.report(usage);
    const wellbeing = wellbeingOf({ metrics: this.metrics, history: this.history, canary: this.canary }, health, limits);
    return { wellbeing, health, counts: usage.gateway, draining: gateway.draining };
  }
}
