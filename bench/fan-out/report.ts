import { median } from '../rig/median.ts';
import { table } from '../rig/table.ts';
import { GOAL_HEADER, type Goal, MOST_OTHERS, judged } from './goals.ts';
import type { Measurement } from './measurement.ts';

const HEADER = [
  'phase',
  'runs',
  'deliveries/s',
  'server µs/delivery',
  'p50 ms',
  'p99 ms',
  'memory MiB',
  'bytes',
  'load µs/delivery',
  'others %',
];

/** Every phase of every repeat, one line each. */
export function measurementTable(phases: readonly string[], measurements: readonly Measurement[]): string {
  const rows = phases.flatMap((phase) =>
    measurements.filter((measurement) => measurement.phase === phase).map((measurement) => line(measurement, String(measurement.repeat))),
  );
  return table(HEADER, rows);
}

/** Medians of each phase, and the goals. Runs that other programs disturbed are left out; where that leaves none there is no figure. */
export function summary(phases: readonly string[], measurements: readonly Measurement[], goals: readonly Goal[]): string {
  const rows = phases.map((phase) => {
    const all = measurements.filter((measurement) => measurement.phase === phase);
    const undisturbed = all.filter(({ others }) => others <= MOST_OTHERS);
    return line(medians(phase, undisturbed), `${undisturbed.length} of ${all.length}`);
  });
  const judgements = goals.map((goal) => judged(goal, measurements));
  return `${table(HEADER, rows)}\n\n${table(GOAL_HEADER, judgements)}`;
}

function medians(phase: string, measurements: readonly Measurement[]): Measurement {
  const of = (name: Exclude<keyof Measurement, 'phase'>): number => median(measurements.map((measurement) => measurement[name]));
  return {
    repeat: 0,
    phase,
    perSecond: of('perSecond'),
    serverCpu: of('serverCpu'),
    loadCpu: of('loadCpu'),
    p50: of('p50'),
    p99: of('p99'),
    bytes: of('bytes'),
    memory: of('memory'),
    others: of('others'),
  };
}

function line(measurement: Measurement, repeat: string): readonly string[] {
  const { phase, perSecond, serverCpu, p50, p99, memory, bytes, loadCpu, others } = measurement;
  return [
    phase,
    repeat,
    figure(perSecond, 0),
    figure(serverCpu, 2),
    figure(p50, 1),
    figure(p99, 1),
    figure(memory, 0),
    figure(bytes, 0),
    figure(loadCpu, 2),
    figure(others * 100, 1),
  ];
}

function figure(value: number, digits: number): string {
  return Number.isNaN(value) ? '-' : value.toFixed(digits);
}
