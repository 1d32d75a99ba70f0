import { BUS_CLUSTER } from './boards/bus-cluster.ts';
import { CONNECTIONS } from './boards/connections.ts';
import { DELIVERY } from './boards/delivery.ts';
import { LOG_DATABASE } from './boards/log-database.ts';
import { OVERVIEW } from './boards/overview.ts';
import { RUNTIME } from './boards/runtime.ts';
import { SLO } from './boards/slo.ts';
import { SLOW_CONSUMERS } from './boards/slow-consumers.ts';
import { TELEMETRY } from './boards/telemetry.ts';
import type { Board } from './board.ts';
import { dashboardOf } from './dashboard.ts';

export const BOARDS: readonly Board[] = [
  OVERVIEW,
  CONNECTIONS,
  DELIVERY,
  SLOW_CONSUMERS,
  LOG_DATABASE,
  BUS_CLUSTER,
  RUNTIME,
  SLO,
  TELEMETRY,
];

/** Every file of grafana/dashboards, by its path from the project's root. */
export function dashboardFiles(): ReadonlyMap<string, string> {
  return new Map(BOARDS.map((board) => [`grafana/dashboards/${board.name}.json`, `${JSON.stringify(dashboardOf(board), undefined, 2)}\n`]));
}
