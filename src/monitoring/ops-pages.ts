import type { Health } from './health/health.js';
import type { Metrics } from './metrics/metrics.js';
import type { OpsPages } from './ops-server.js';

/** What a process that is alone behind its port tells of itself. */
export function pagesOf(metrics: Metrics, health: Health): OpsPages {
  return {
    metrics: (format) => metrics.render(format),
    health: () => health.report(),
    metricsOf: () => Promise.resolve(undefined),
  };
}
