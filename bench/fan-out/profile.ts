import type { Output } from '../rig/benchmark.ts';
import { monotonicUs, readProfile } from '../rig/cpu-profile.ts';
import type { GatewayProcess } from '../rig/gateway-process.ts';
import { shareTable } from '../rig/share-table.ts';
import { type SystemCalls, systemCalls } from '../rig/system-calls.ts';
import type { Phase, PhaseRunner } from './phase-runner.ts';
import { measurementTable } from './report.ts';

/** Shows where the gateway's time goes in this phase. */
export async function showProfile(gateway: GatewayProcess, phase: Phase, runner: PhaseRunner, output: Output): Promise<void> {
  const stretch = { from: 0, to: 0 };
  const calls: SystemCalls[] = [];
  const measurement = await runner.run(1, phase, {
    begin: () => {
      stretch.from = monotonicUs();
      calls.push(systemCalls(gateway.pid));
    },
    end: () => {
      stretch.to = monotonicUs();
      calls.push(systemCalls(gateway.pid));
    },
  });
  output.progress(`\nSlowed by the profiler:\n\n${measurementTable([phase.name], [measurement])}`);
  output.progress(`\n${callsPerDelivery(calls, measurement.perSecond * ((stretch.to - stretch.from) / 1_000_000))}`);
  // The profile is written when the process ends.
  await gateway.stop();
  const { self, total, areas } = readProfile(gateway.profileDirectory, stretch);
  output.progress(`\nThe gateway's main thread by part:\n\n${shareTable(areas)}`);
  output.progress(`\nFunctions by their own time:\n\n${shareTable(self)}`);
  output.progress(`\nFunctions of the project with all that they call:\n\n${shareTable(total)}`);
}

function callsPerDelivery([before, after]: readonly SystemCalls[], deliveries: number): string {
  const per = (name: keyof SystemCalls): string => (((after?.[name] ?? 0) - (before?.[name] ?? 0)) / deliveries).toFixed(3);
  return `For each delivery the gateway called the kernel ${per('writes')} times to write and ${per('reads')} times to read.`;
}
