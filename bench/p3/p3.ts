import type { PeerFacts } from '../peers/peer.ts';
import { AskedProcess } from '../rig/asked-process.ts';
import type { Benchmark, BenchmarkOptions, Output, Stoppers } from '../rig/benchmark.ts';
import { monotonicUs, readProfile } from '../rig/cpu-profile.ts';
import { GatewayProcess } from '../rig/gateway-process.ts';
import { machineFacts } from '../rig/machine.ts';
import { PrivatePostgres } from '../rig/private-postgres.ts';
import { serverVersion } from '../rig/server-version.ts';
import { shareTable } from '../rig/share-table.ts';
import { type SystemCalls, systemCalls } from '../rig/system-calls.ts';
import type { Measurement } from './measurement.ts';
import { type CommandServer, measurePhase } from './phase-runner.ts';
import { measurementTable, summary } from './report.ts';
import { PHASE, SOCKETS } from './setup.ts';

const BARE = new URL('../peers/bare-commands.ts', import.meta.url);
const HOST = '127.0.0.1';

/** Commands in and replies out, beside bare `ws` that answers the same frames, in turns. */
export const p3: Benchmark = async (options, output, stoppers) => {
  const postgres = await PrivatePostgres.start(options.directory);
  stoppers.add(() => postgres.stop());
  const gateway = await GatewayProcess.start({ databaseUrl: postgres.url, ...options, directory: postgres.directory });
  stoppers.add(() => gateway.stop());
  const server = await gatewayServer(gateway, postgres.pid);
  if (options.profile) return showProfile(gateway, server, options, output);

  output.result('## Machine\n');
  output.result(
    machineFacts(postgres.directory, await serverVersion(postgres.url))
      .map((fact) => `- ${fact}`)
      .join('\n'),
  );
  const bare = await startBare(stoppers);
  const measurements: Measurement[] = [];
  for (let repeat = 1; repeat <= options.repeat; repeat += 1) {
    output.progress(`Repeat ${repeat} of ${options.repeat} …`);
    for (const each of [server, bare]) measurements.push(await measurePhase(each, repeat, options.seconds));
  }
  output.result(`\n## Medians\n\n${summary(measurements)}`);
  output.result(`\n## Every run\n\n${measurementTable(measurements)}`);
};

async function gatewayServer(gateway: GatewayProcess, databasePid: number): Promise<CommandServer> {
  const { pid, host, port } = gateway;
  const tokens: string[] = [];
  for (let user = 0; user < SOCKETS; user += 1) tokens.push(await gateway.token(`user-${user}`));
  return { phase: PHASE.gateway, pid, databasePid, host, port, tokens };
}

async function startBare(stoppers: Stoppers): Promise<CommandServer> {
  const peer = new AskedProcess<object, PeerFacts>(BARE);
  stoppers.add(() => peer.stop());
  const { port } = await peer.ask({});
  const tokens = Array.from({ length: SOCKETS }, () => undefined);
  return { phase: PHASE.bare, pid: peer.pid, databasePid: undefined, host: HOST, port, tokens };
}

/** Shows where the gateway's time goes. */
async function showProfile(gateway: GatewayProcess, server: CommandServer, { seconds }: BenchmarkOptions, output: Output): Promise<void> {
  const stretch = { from: 0, to: 0 };
  const calls: SystemCalls[] = [];
  const look = (end: keyof typeof stretch): void => {
    stretch[end] = monotonicUs();
    calls.push(systemCalls(gateway.pid));
  };
  const measurement = await measurePhase(server, 1, seconds, { begin: () => look('from'), end: () => look('to') });
  output.progress(`\nSlowed by the profiler:\n\n${measurementTable([measurement])}`);
  const commands = measurement.perSecond * ((stretch.to - stretch.from) / 1_000_000);
  const each = (name: keyof SystemCalls): string => (((calls[1]?.[name] ?? 0) - (calls[0]?.[name] ?? 0)) / commands).toFixed(3);
  output.progress(`\nFor each command the gateway called the kernel ${each('writes')} times to write and ${each('reads')} times to read.`);
  // The profile is written when the process ends.
  await gateway.stop();
  const { self, total, areas } = readProfile(gateway.profileDirectory, stretch);
  output.progress(`\nThe gateway's main thread by part:\n\n${shareTable(areas)}`);
  output.progress(`\nFunctions by their own time:\n\n${shareTable(self)}`);
  output.progress(`\nFunctions of the project with all that they call:\n\n${shareTable(total)}`);
}
