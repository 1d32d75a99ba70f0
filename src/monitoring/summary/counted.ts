import { ERRORS, type ErrorCode } from '../../protocol/error-codes.js';
import { CANARY_NAMESPACE } from '../../protocol/topic-name.js';
import { SQL_DOOR } from '../metrics/label-values.js';
import type { DropReason } from '../../telemetry/telemetry.js';
import type { Metrics } from '../metrics/metrics.js';

const DELIVERIES = ['matched', 'written', 'dropped', 'unconfirmed', 'not_written'] as const;
const SERVER_FAULT = 500;
/** A client that leaves, or takes nothing, with something waiting for it is no failure of ours; a defect is, and a hole that could not be filled. */
const OUR_LOSSES = ['gateway_failed', 'heal_failed'] as const satisfies readonly DropReason[];

/** What is kept of a node over time: names of numbers, and how all are read at once. */
export interface Counted {
  readonly names: readonly string[];
  readonly read: () => Float64Array;
}

/** The counters that the summary is made of. Names are `<what>` or `<namespace> <what>`. */
export function countedOf(metrics: Metrics): Counted {
  const readers = new Map<string, () => number>();
  const { series } = metrics;
  for (const namespace of metrics.namespaces) {
    for (const result of DELIVERIES) {
      const cell = series.deliveries.of(namespace, result);
      readers.set(`${namespace} ${result}`, () => cell.value);
    }
    const latency = series.deliveryLatency.of(namespace);
    latency.counts.forEach((_, place) => readers.set(`${namespace} latency ${place}`, () => latency.counts[place] ?? 0));
  }
  for (const side of ['server', 'client']) readers.set(`gaps ${side}`, () => sum(series.gaps.cells(), ([, of]) => of === side));
  const judged: Readonly<Record<string, () => Cells>> = {
    handshakes: () => series.handshakes.cells(),
    publishes: () => series.publishes.cells().filter(([labels]) => isJudged(labels)),
  };
  for (const [name, cells] of Object.entries(judged)) {
    readers.set(`${name} good`, () => sum(cells(), (labels) => labels.at(-1) === 'OK'));
    readers.set(`${name} bad`, () => sum(cells(), (labels) => isOurFault(labels.at(-1) ?? '')));
  }
  readers.set('lost by us', () => sum(series.droppedMessages.cells(), ([reason]) => OUR_LOSSES.some((ours) => ours === reason)));
  readers.set('recoveries good', () => series.recoveries.of('recovered').value);
  readers.set('recoveries bad', () => series.recoveries.of('not_recovered').value);
  readers.set('canary good', () => sum(series.canaryRuns.cells(), ([, result]) => result === 'ok'));
  readers.set('canary bad', () => sum(series.canaryRuns.cells(), ([, result]) => result === 'failed'));
  const reads = [...readers.values()];
  return { names: [...readers.keys()], read: () => Float64Array.from(reads, (read) => read()) };
}

type Cells = readonly (readonly [labels: readonly string[], cell: { readonly value: number }])[];

function sum(cells: Cells, test: (labels: readonly string[]) => boolean): number {
  return cells.reduce((total, [labels, { value }]) => total + (test(labels) ? value : 0), 0);
}

/**
 * The canary has an objective of its own. Of publishes by SQL only those that succeeded are counted, so they would hide what fails at
 * the other doors.
 */
function isJudged([door, namespace]: readonly string[]): boolean {
  return namespace !== CANARY_NAMESPACE && !SQL_DOOR.some((sql) => sql === door);
}

/** What a caller did wrong is not held against the gateway; nor is that it sends them elsewhere while it stops. */
function isOurFault(result: string): boolean {
  return result !== 'DRAINING' && (Object.hasOwn(ERRORS, result) ? ERRORS[result as ErrorCode].http >= SERVER_FAULT : false);
}
