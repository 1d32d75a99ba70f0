import { GOAL_HEADER, MOST_OTHERS, figure, judged } from '../rig/goal.ts';
import { median } from '../rig/median.ts';
import { table } from '../rig/table.ts';
import type { Measurement } from './measurement.ts';
import { PHASE } from './setup.ts';

/** Goal of P3 in the project's design. */
const LEAST_RATIO = 0.7;
const HEADER = ['phase', 'runs', 'commands/s', 'p50 ms', 'p99 ms', 'server µs', 'load µs', 'server cores', 'others %'];

/** Every phase of every repeat, one line each. */
export function measurementTable(measurements: readonly Measurement[]): string {
  return table(
    HEADER,
    Object.values(PHASE).flatMap((phase) => ofPhase(measurements, phase).map((one) => line(one, String(one.repeat)))),
  );
}

/** Medians of each phase, and the goal: the median of ratios, each within one repeat. Runs that other programs disturbed are left out. */
export function summary(measurements: readonly Measurement[]): string {
  const counted = measurements.filter(({ others }) => others <= MOST_OTHERS);
  const repeats = Math.max(0, ...measurements.map(({ repeat }) => repeat));
  const rows = Object.values(PHASE).map((phase) => {
    const undisturbed = ofPhase(counted, phase);
    return line(medians(phase, undisturbed), `${undisturbed.length} of ${ofPhase(measurements, phase).length}`);
  });
  const ratio = (name: string, value: (one: Measurement) => number): readonly string[] =>
    judged({ name, sign: '>=', wanted: LEAST_RATIO, digits: 2 }, ratios(counted, value), repeats);
  const goals = [
    ratio('commands/s: gateway / bare ws', ({ perSecond }) => perSecond),
    ratio('the same by CPU time', ({ serverCpu }) => 1 / serverCpu),
  ];
  return `${table(HEADER, rows)}\n\n${table(GOAL_HEADER, goals)}`;
}

/** Of gateway and bare `ws`, in each repeat in which both count. */
function ratios(measurements: readonly Measurement[], value: (one: Measurement) => number): readonly number[] {
  return ofPhase(measurements, PHASE.gateway).flatMap((one) => {
    const other = ofPhase(measurements, PHASE.bare).find(({ repeat }) => repeat === one.repeat);
    return other === undefined ? [] : [value(one) / value(other)];
  });
}

function ofPhase(measurements: readonly Measurement[], phase: string): readonly Measurement[] {
  return measurements.filter((one) => one.phase === phase);
}

function medians(phase: string, measurements: readonly Measurement[]): Measurement {
  const of = (name: Exclude<keyof Measurement, 'phase'>): number => median(measurements.map((one) => one[name]));
  return {
    repeat: 0,
    phase,
    perSecond: of('perSecond'),
    p50: of('p50'),
    p99: of('p99'),
    serverCpu: of('serverCpu'),
    loadCpu: of('loadCpu'),
    serverCores: of('serverCores'),
    others: of('others'),
  };
}

function line(one: Measurement, runs: string): readonly string[] {
  return [
    one.phase,
    runs,
    figure(one.perSecond, 0),
    figure(one.p50, 1),
    figure(one.p99, 1),
    figure(one.serverCpu, 1),
    figure(one.loadCpu, 1),
    figure(one.serverCores, 2),
    figure(one.others * 100, 1),
  ];
}
