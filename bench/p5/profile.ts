import { monotonicUs, readProfile } from '../rig/cpu-profile.ts';
import type { Output } from '../rig/benchmark.ts';
import { shareTable } from '../rig/share-table.ts';
import { type SystemCalls, systemCalls } from '../rig/system-calls.ts';
import { table } from '../rig/table.ts';
import { WaitEvents } from '../rig/wait-events.ts';
import type { Rig } from './p5.ts';
import type { PhaseRunner } from './phase-runner.ts';
import { measurementTable } from './report.ts';
import { IN_FLIGHT, LARGEST_BATCH, PHASE } from './setup.ts';

/** Shows where the gateway's time goes at full load, and what the database does meanwhile and under the raw loop. */
export async function showProfile(rig: Rig, phases: PhaseRunner, output: Output): Promise<void> {
  const stretch = { from: 0, to: 0 };
  const calls: SystemCalls[] = [];
  const gatewayWaits = new WaitEvents(rig.database);
  const gateway = await phases.publishes(
    1,
    PHASE.gateway,
    'many',
    { kind: 'closed', inFlight: IN_FLIGHT },
    {
      begin: () => {
        stretch.from = monotonicUs();
        calls.push(systemCalls(rig.gateway.pid));
        gatewayWaits.start();
      },
      end: () => {
        stretch.to = monotonicUs();
        calls.push(systemCalls(rig.gateway.pid));
        void gatewayWaits.stop();
      },
    },
  );
  const rawWaits = new WaitEvents(rig.database);
  const raw = await phases.appends(1, PHASE.raw, 'many', LARGEST_BATCH, { begin: () => rawWaits.start(), end: () => void rawWaits.stop() });
  output.progress(`\nSlowed by the profiler:\n\n${measurementTable([gateway, raw])}`);
  output.progress(`\n${callsPerMessage(calls, gateway.perSecond * ((stretch.to - stretch.from) / 1_000_000))}`);
  output.progress(`\nDatabase under the gateway, backends on average:\n\n${waitTable(await gatewayWaits.stop())}`);
  output.progress(`\nDatabase under the raw loop:\n\n${waitTable(await rawWaits.stop())}`);
  // The profile is written when the process ends.
  await rig.gateway.stop();
  const { self, total, areas } = readProfile(rig.gateway.profileDirectory, stretch);
  output.progress(`\nThe gateway's main thread by part:\n\n${shareTable(areas)}`);
  output.progress(`\nFunctions by their own time:\n\n${shareTable(self)}`);
  output.progress(`\nFunctions of the project with all that they call:\n\n${shareTable(total)}`);
}

function callsPerMessage([before, after]: readonly SystemCalls[], messages: number): string {
  const per = (name: keyof SystemCalls): string => (((after?.[name] ?? 0) - (before?.[name] ?? 0)) / messages).toFixed(2);
  return `For each message the gateway called the kernel ${per('writes')} times to write and ${per('reads')} times to read.`;
}

function waitTable(rows: readonly (readonly [what: string, backends: number])[]): string {
  return table(
    ['what', 'backends'],
    rows.map(([what, backends]) => [what, backends.toFixed(2)]),
  );
}
