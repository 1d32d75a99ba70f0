import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { type GatewayCounts, GatewayControl } from '../../messaging/gateway-control.js';
import { Alarms } from '../alarms/alarms.js';
import { Findings } from '../alarms/findings.js';
import { Canary } from '../canary/canary.js';
import type { HealthReport } from '../health/health.js';
import { Metrics } from '../metrics/metrics.js';
import { CounterHistory } from './history.js';
import { type Wellbeing, wellbeingOf } from './summary.js';

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
    private readonly findings: Findings,
    private readonly alarms: Alarms,
    private readonly metrics: Metrics,
    private readonly history: CounterHistory,
    private readonly canary: Canary,
  ) {}

  report(): NodeReport {
    const gateway = this.modules.get(GatewayControl, { strict: false });
    const found = this.findings.now();
    const sources = { metrics: this.metrics, history: this.history, canary: this.canary };
    const wellbeing = wellbeingOf(sources, found, (name) => this.alarms.has(name));
    return { wellbeing, health: found.health, counts: gateway.counts(), draining: gateway.draining };
  }
}
