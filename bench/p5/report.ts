import { CORES } from '../rig/cpu-time.ts';
import { GOAL_HEADER, MOST_OTHERS, figure, judged } from '../rig/goal.ts';
import { median } from '../rig/median.ts';
import { table } from '../rig/table.ts';
import type { Measurement } from './measurement.ts';
import { PHASE } from './setup.ts';

/** Goals of P5 in the project's design. */
const GOAL = { ratio: 0.5, perSecond: 20_000, halfLoadMs: 10 } as const;

const HEADER = [
  'phase',
  'runs',
  'messages/s',
  'batch',
  'p50 ms',
  'p99 ms',
  'gateway µs/msg',
  'database µs/msg',
  'load µs/msg',
  'CPU bound',
  'others %',
];

/** Every phase of every repeat, one line each. */
export function measurementTable(measurements: readonly Measurement[]): string {
  const rows = Object.values(PHASE).flatMap((phase) =>
    measurements.filter((measurement) => measurement.phase === phase).map((measurement) => line(measurement, String(measurement.repeat))),
  );
  return table(HEADER, rows);
}

/**
 * Medians of each phase, and the ratios that the goals speak of: medians of ratios, each within one repeat. Runs that other
 * programs disturbed are left out; where that leaves none there is no figure.
 */
export function summary(measurements: readonly Measurement[]): string {
  const counted = measurements.filter(({ others }) => others <= MOST_OTHERS);
  const repeats = Math.max(0, ...measurements.map(({ repeat }) => repeat));
  const rows = Object.values(PHASE).flatMap((phase) => {
    const all = measurements.filter((measurement) => measurement.phase === phase);
    const undisturbed = counted.filter((measurement) => measurement.phase === phase);
    return all.length === 0 ? [] : [line(medians(phase, undisturbed), `${undisturbed.length} of ${all.length}`)];
  });
  return `${table(HEADER, rows)}\n\n${table(GOAL_HEADER, goals(counted, repeats))}`;
}

function goals(measurements: readonly Measurement[], repeats: number): readonly (readonly string[])[] {
  const of = (phase: string, name: 'perSecond' | 'p50'): readonly number[] =>
    measurements.filter((measurement) => measurement.phase === phase).map((measurement) => measurement[name]);
  const ratio = (name: string, upper: string, lower: string): readonly string[] =>
    judged({ name, sign: '>=', wanted: GOAL.ratio, digits: 2 }, ratios(measurements, upper, lower), repeats);
  return [
    ratio('gateway / raw append, as many in flight', PHASE.gateway, PHASE.rawEqual),
    ratio('gateway / raw append, batches of 256', PHASE.gateway, PHASE.raw),
    ratio('one topic: gateway / raw append, as many in flight', PHASE.gatewayOne, PHASE.rawOne),
    judged({ name: 'acknowledged/s', sign: '>=', wanted: GOAL.perSecond, digits: 0 }, of(PHASE.gateway, 'perSecond'), repeats),
    judged(
      { name: 'median acknowledgement at half load, ms', sign: '<=', wanted: GOAL.halfLoadMs, digits: 1 },
      of(PHASE.half, 'p50'),
      repeats,
    ),
  ];
}

/** Of two phases, in each repeat in which both count. */
function ratios(measurements: readonly Measurement[], upper: string, lower: string): readonly number[] {
  return measurements
    .filter((measurement) => measurement.phase === upper)
    .flatMap(({ repeat, perSecond }) => {
      const other = measurements.find((measurement) => measurement.phase === lower && measurement.repeat === repeat);
      return other === undefined ? [] : [perSecond / other.perSecond];
    });
}

function medians(phase: string, measurements: readonly Measurement[]): Measurement {
  const of = (name: Exclude<keyof Measurement, 'phase'>): number => median(measurements.map((measurement) => measurement[name]));
  return {
    repeat: 0,
    phase,
    perSecond: of('perSecond'),
    batch: of('batch'),
    p50: of('p50'),
    p99: of('p99'),
    gatewayCpu: of('gatewayCpu'),
    databaseCpu: of('databaseCpu'),
    loadCpu: of('loadCpu'),
    others: of('others'),
  };
}

function line(measurement: Measurement, repeat: string): readonly string[] {
  const { phase, perSecond, batch, p50, p99, gatewayCpu, databaseCpu, loadCpu, others } = measurement;
  return [
    phase,
    repeat,
    figure(perSecond, 0),
    figure(batch, 0),
    figure(p50, 1),
    figure(p99, 1),
    figure(gatewayCpu, 1),
    figure(databaseCpu, 1),
    figure(loadCpu, 1),
    figure((CORES * 1_000_000) / (gatewayCpu + databaseCpu + loadCpu), 0),
    figure(others * 100, 1),
  ];
}
