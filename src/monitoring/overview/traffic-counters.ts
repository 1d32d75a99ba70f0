import type { Metrics } from '../metrics/metrics.js';
import { isOwnTraffic } from './own-traffic.js';

/** What is counted, as it stands now. */
export interface TrafficCounts {
  readonly connects: number;
  readonly disconnects: number;
  readonly publishes: number;
  readonly refused: number;
  readonly deliveries: number;
  readonly dropped: number;
}

interface Cell {
  readonly value: number;
}

/** The counters behind the rates of the overview, summed up without the node's own traffic. */
export class TrafficCounters {
  private readonly users: readonly string[];

  constructor(private readonly metrics: Metrics) {
    this.users = metrics.namespaces.filter((namespace) => !isOwnTraffic(namespace));
  }

  read(): TrafficCounts {
    const { series } = this.metrics;
    let [publishes, refused] = [0, 0];
    for (const [[, namespace, result], { value }] of series.publishes.cells()) {
      if (isOwnTraffic(namespace)) continue;
      if (result === 'OK') publishes += value;
      else refused += value;
    }
    return {
      connects: series.connectionsOpened.of().value,
      disconnects: sum(series.connectionsClosed.cells().map(([, cell]) => cell)),
      publishes,
      refused,
      deliveries: sum(this.users.map((namespace) => series.deliveries.of(namespace, 'written'))),
      dropped: sum(this.users.map((namespace) => series.deliveries.of(namespace, 'dropped'))),
    };
  }
}

function sum(cells: readonly Cell[]): number {
  return cells.reduce((total, { value }) => total + value, 0);
}
