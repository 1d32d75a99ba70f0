import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Benchmark, type BenchmarkOptions, Stoppers } from '../rig/benchmark.ts';
import { monotonicUs } from '../rig/cpu-profile.ts';
import { CORES, machineCpuMs, treeCpuMs } from '../rig/cpu-time.ts';
import { machineFacts } from '../rig/machine.ts';
import type { Measurement } from './measurement.ts';
import { showProfile } from './profile.ts';
import { measurementTable, summary } from './report.ts';
import { START } from './setup.ts';
import { StartedGateway } from './started-gateway.ts';

/** Others may pass through: the embedded database runs as a user of its own where this one is root. */
const DIRECTORY_MODE = 0o711;

/** Starts of the built program with its embedded database, until the first connection is accepted. */
export const p10: Benchmark = async (options, output, stoppers) => {
  const directory = mkdtempSync(join(options.directory, 'waybill-bench-'));
  chmodSync(directory, DIRECTORY_MODE);
  stoppers.add(async () => rmSync(directory, { recursive: true, force: true }));
  // Brings the program's files into memory, and is not counted.
  const warmUp = join(directory, 'warm-up');
  await measureStart({ repeat: 0, start: START.first }, warmUp, options, stoppers);
  if (options.profile) return showProfile(directory, options, output, stoppers);

  output.result('## Machine\n');
  output.result(
    machineFacts(directory, `${readFileSync(join(warmUp, 'postgres', 'PG_VERSION'), 'utf8').trim()} (embedded)`)
      .map((fact) => `- ${fact}`)
      .join('\n'),
  );
  const measurements: Measurement[] = [];
  for (let repeat = 1; repeat <= options.repeat; repeat += 1) {
    output.progress(`Repeat ${repeat} of ${options.repeat} …`);
    const dataDirectory = join(directory, `repeat-${repeat}`);
    for (const start of Object.values(START)) {
      measurements.push(await measureStart({ repeat, start }, dataDirectory, options, stoppers));
    }
    rmSync(dataDirectory, { recursive: true });
  }
  output.result(`\n## Medians\n\n${summary(measurements)}`);
  output.result(`\n## Every run\n\n${measurementTable(measurements)}`);
};

async function measureStart(
  names: { readonly repeat: number; readonly start: string },
  dataDirectory: string,
  { settings }: BenchmarkOptions,
  stoppers: Stoppers,
): Promise<Measurement> {
  const own = new Stoppers();
  stoppers.add(() => own.stop());
  const machineBefore = machineCpuMs();
  const rigBefore = process.cpuUsage();
  const gateway = await StartedGateway.spawn({ dataDirectory, settings });
  own.add(() => gateway.stop());
  const tookMs = ((await gateway.firstConnection()) - gateway.spawnedUs) / 1_000;
  const wholeMs = (monotonicUs() - gateway.spawnedUs) / 1_000;
  const cpuMs = treeCpuMs(gateway.pid);
  const { user, system } = process.cpuUsage(rigBefore);
  const others = Math.max(0, machineCpuMs() - machineBefore - cpuMs - (user + system) / 1_000) / (wholeMs * CORES);
  await own.stop();
  return { ...names, tookMs, cpuMs, others };
}
