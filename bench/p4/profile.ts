import type { BenchmarkOptions, Output, Stoppers } from '../rig/benchmark.ts';
import { monotonicUs, readProfile } from '../rig/cpu-profile.ts';
import type { GatewayProcess } from '../rig/gateway-process.ts';
import type { PrivatePostgres } from '../rig/private-postgres.ts';
import { shareTable } from '../rig/share-table.ts';
import { type SystemCalls, systemCalls } from '../rig/system-calls.ts';
import { begin, storm } from './repeat.ts';
import { acceptTable } from './report.ts';
import { RoundRunner } from './round-runner.ts';
import { sitesOf, startGateway } from './start.ts';

/** Every call waits for a connection of the pool, if only for no time. */
const DATABASE_CALLS = 'waybill_db_pool_wait_seconds_count';

/** Shows where the gateway's time goes while tokens come that it has not seen, and while the same come again. */
export async function showProfile(
  postgres: PrivatePostgres,
  connections: number,
  { options, output, stoppers }: { readonly options: BenchmarkOptions; readonly output: Output; readonly stoppers: Stoppers },
): Promise<void> {
  const { gateway, server } = await startGateway(postgres, 'profiled', options, stoppers);
  const runner = new RoundRunner(sitesOf('gateway', [server], connections, stoppers));
  const looks: Look[] = [];
  await begin(runner);
  const { newTokens, known } = await storm(runner, 1, connections, async () => void looks.push(await lookAt(gateway)));
  const rounds = [newTokens, known].filter((round) => round !== undefined);
  output.progress(`\nSlowed by the profiler:\n\n${acceptTable(rounds)}`);
  // The profile is written when the process ends.
  await gateway.stop();
  for (const [index, { round }] of rounds.entries()) {
    const [before, after] = looks.slice(2 * index) as [Look, Look];
    const { self, total, areas } = readProfile(gateway.profileDirectory, { from: before.atUs, to: after.atUs });
    output.progress(
      `\n## ${round}\n\n${callsText(before, after, connections)}\n\nThe gateway's main thread by part:\n\n${shareTable(areas)}`,
    );
    output.progress(`\nFunctions by their own time:\n\n${shareTable(self)}`);
    output.progress(`\nFunctions of the project with all that they call:\n\n${shareTable(total)}`);
  }
}

/** At one end of a round. */
interface Look {
  readonly atUs: number;
  readonly kernel: SystemCalls;
  readonly database: number;
}

async function lookAt(gateway: GatewayProcess): Promise<Look> {
  const kernel = systemCalls(gateway.pid);
  const database = await gateway.metric(DATABASE_CALLS);
  return { atUs: monotonicUs(), kernel, database };
}

function callsText(before: Look, after: Look, accepts: number): string {
  const each = (name: keyof SystemCalls): string => ((after.kernel[name] - before.kernel[name]) / accepts).toFixed(2);
  const database = ((after.database - before.database) / accepts).toFixed(2);
  return `For each accept the gateway called the kernel ${each('writes')} times to write and ${each('reads')} times to read, and the database ${database} times.`;
}
