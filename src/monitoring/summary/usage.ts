import type { ModuleRef } from '@nestjs/core';
import { GatewayControl } from '../../messaging/gateway-control.js';
import { PublishQueueView } from '../../messaging/publish-queue-view.js';
import { DatabaseHealth } from '../../storage/database-health.js';
import { LedgerHealth } from '../../storage/ledger/ledger-health.js';
import { findProvider } from '../node-life.js';
import type { Usage } from './limits.js';

/** What this node has in use at this moment. */
export function usageOf(modules: ModuleRef): Usage {
  return {
    gateway: modules.get(GatewayControl, { strict: false }).counts(),
    pool: findProvider(modules, DatabaseHealth)?.pool,
    publishes: findProvider(modules, PublishQueueView)?.counts().taken,
    ledger: findProvider(modules, LedgerHealth)?.state?.waiting,
  };
}
