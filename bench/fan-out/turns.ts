import type { BenchmarkOptions, Output } from '../rig/benchmark.ts';
import type { Goal } from './goals.ts';
import type { Measurement } from './measurement.ts';
import type { Phase, PhaseRunner } from './phase-runner.ts';
import { measurementTable, summary } from './report.ts';

/**
 * Goes through the phases as often as asked, forwards and backwards in turn, so that none always runs after the same other one, and
 * writes the report.
 */
export async function measureInTurns(
  runner: PhaseRunner,
  { phases, goals }: { readonly phases: readonly Phase[]; readonly goals: readonly Goal[] },
  { repeat: repeats }: BenchmarkOptions,
  output: Output,
): Promise<void> {
  const measurements: Measurement[] = [];
  for (let repeat = 1; repeat <= repeats; repeat += 1) {
    output.progress(`Repeat ${repeat} of ${repeats} …`);
    for (const phase of repeat % 2 === 1 ? phases : phases.toReversed()) measurements.push(await runner.run(repeat, phase));
  }
  const order = phases.map(({ name }) => name);
  output.result(`\n## Medians\n\n${summary(order, measurements, goals)}`);
  output.result(`\n## Every run\n\n${measurementTable(order, measurements)}`);
}
