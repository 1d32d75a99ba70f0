import { figure, GOAL_HEADER, judged } from '../rig/goal.ts';
import { table } from '../rig/table.ts';
import type { Measurement } from './measurement.ts';
import { CROWD_QUESTION } from './questions.ts';

/** Goals of P9 in the project's design, in milliseconds. */
const MOST_MS = 200;
const MOST_CROWD_MS = 2_000;

const HEADER = ['question', 'asked', 'p50 ms', 'p95 ms', 'p99 ms', 'longest ms'];

export function measurementTable(measurements: readonly Measurement[]): string {
  const line = ({ question, asked, ...times }: Measurement): readonly string[] => [
    question,
    String(asked),
    ...[times.p50, times.p95, times.p99, times.longest].map((time) => figure(time, 1)),
  ];
  return table(HEADER, measurements.map(line));
}

/** Each question's p95 beside its goal. */
export function goalTable(measurements: readonly Measurement[]): string {
  const line = ({ question, p95 }: Measurement): readonly string[] =>
    judged({ name: `${question}, p95 ms`, sign: '<=', wanted: question === CROWD_QUESTION ? MOST_CROWD_MS : MOST_MS, digits: 0 }, [p95], 1);
  return table(GOAL_HEADER, measurements.map(line));
}
