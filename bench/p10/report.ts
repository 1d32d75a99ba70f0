import { GOAL_HEADER, MOST_OTHERS, figure, judged } from '../rig/goal.ts';
import { median } from '../rig/median.ts';
import { table } from '../rig/table.ts';
import type { Measurement } from './measurement.ts';
import { START } from './setup.ts';

/** Goal of P10 in the project's design, in milliseconds. */
const MOST_MS = 3_000;
const HEADER = ['start', 'runs', 'ms', 'CPU ms', 'others %'];

/** Every start, one line each. */
export function measurementTable(measurements: readonly Measurement[]): string {
  return table(
    HEADER,
    Object.values(START).flatMap((start) => ofStart(measurements, start).map((one) => line(one, String(one.repeat)))),
  );
}

/** Medians of both kinds of start, and the goal. Starts that other programs disturbed are left out. */
export function summary(measurements: readonly Measurement[]): string {
  const counted = measurements.filter(({ others }) => others <= MOST_OTHERS);
  const repeats = Math.max(0, ...measurements.map(({ repeat }) => repeat));
  const rows = Object.values(START).map((start) => {
    const undisturbed = ofStart(counted, start);
    return line(medians(start, undisturbed), `${undisturbed.length} of ${ofStart(measurements, start).length}`);
  });
  const goals = Object.values(START).map((start) =>
    judged(
      { name: `${start}, ms`, sign: '<=', wanted: MOST_MS, digits: 0 },
      ofStart(counted, start).map(({ tookMs }) => tookMs),
      repeats,
    ),
  );
  return `${table(HEADER, rows)}\n\n${table(GOAL_HEADER, goals)}`;
}

function ofStart(measurements: readonly Measurement[], start: string): readonly Measurement[] {
  return measurements.filter((one) => one.start === start);
}

function medians(start: string, measurements: readonly Measurement[]): Measurement {
  const of = (name: Exclude<keyof Measurement, 'start'>): number => median(measurements.map((one) => one[name]));
  return { repeat: 0, start, tookMs: of('tookMs'), cpuMs: of('cpuMs'), others: of('others') };
}

function line({ start, tookMs, cpuMs, others }: Measurement, runs: string): readonly string[] {
  return [start, runs, figure(tookMs, 0), figure(cpuMs, 0), figure(others * 100, 1)];
}
