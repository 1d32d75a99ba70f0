import { type Benchmark, type BenchmarkOptions, Stoppers } from '../rig/benchmark.ts';
import { machineFacts } from '../rig/machine.ts';
import { PrivatePostgres } from '../rig/private-postgres.ts';
import { serverVersion } from '../rig/server-version.ts';
import { showProfile } from './profile.ts';
import { acceptTable, memoryTable, summary } from './report.ts';
import { type RepeatResult, measureRepeat } from './repeat.ts';
import { CONNECTIONS } from './setup.ts';
import { sitesOf, startBare, startGateway } from './start.ts';

/** Accepts and idle connections beside bare `ws`: new processes of both in every repeat, whose rounds take turns. */
export const p4: Benchmark = async (options, output, stoppers) => {
  const connections = options.connections ?? CONNECTIONS;
  const databases = await startDatabases(options, stoppers);
  const [first] = databases as [PrivatePostgres];
  if (options.profile) return showProfile(first, connections, { options, output, stoppers });

  output.result('## Machine\n');
  output.result(
    machineFacts(first.directory, await serverVersion(first.url))
      .map((fact) => `- ${fact}`)
      .join('\n'),
  );
  const results: RepeatResult[] = [];
  for (let repeat = 1; repeat <= options.repeat; repeat += 1) {
    output.progress(`Repeat ${repeat} of ${options.repeat} …`);
    results.push(await withServers(databases, connections, repeat, options, stoppers));
  }
  const accepts = results.flatMap((result) => result.accepts);
  const memory = results.flatMap((result) => result.memory);
  output.result(`\n## Medians\n\n${summary(accepts, memory)}`);
  output.result(`\n## Every run\n\n${acceptTable(accepts)}\n\n${memoryTable(memory)}`);
};

async function startDatabases({ nodes, directory, profile }: BenchmarkOptions, stoppers: Stoppers): Promise<readonly PrivatePostgres[]> {
  const databases: PrivatePostgres[] = [];
  for (let node = 0; node < (profile ? 1 : nodes); node += 1) {
    const postgres = await PrivatePostgres.start(directory);
    stoppers.add(() => postgres.stop());
    databases.push(postgres);
  }
  return databases;
}

/** Memory that a process has once had shapes what it takes later, so each repeat has new ones. */
async function withServers(
  databases: readonly PrivatePostgres[],
  connections: number,
  repeat: number,
  options: BenchmarkOptions,
  stoppers: Stoppers,
): Promise<RepeatResult> {
  const own = new Stoppers();
  stoppers.add(() => own.stop());
  const gateways = await Promise.all(databases.map((postgres) => startGateway(postgres, `repeat-${repeat}`, options, own)));
  const bare = await startBare(databases.length, own);
  const servers = gateways.map(({ server }) => server);
  const result = await measureRepeat(
    { gateway: sitesOf('gateway', servers, connections, own), bare: sitesOf('bare', bare, connections, own) },
    connections,
    repeat,
  );
  await own.stop();
  return result;
}
