import pg from 'pg';
import type { Benchmark, BenchmarkOptions, Stoppers } from '../rig/benchmark.ts';
import { GatewayProcess } from '../rig/gateway-process.ts';
import { machineFacts } from '../rig/machine.ts';
import { PrivatePostgres } from '../rig/private-postgres.ts';
import { measurementTable, summary } from './report.ts';
import type { Measurement } from './measurement.ts';
import { PhaseRunner } from './phase-runner.ts';
import { showProfile } from './profile.ts';
import { EQUAL_BATCH, IN_FLIGHT, LARGEST_BATCH, PHASE, SOCKETS } from './setup.ts';

/** Durable publishes beside a raw loop of the append that they end in, in turns on one server. */
export const p5: Benchmark = async (options, output, stoppers) => {
  const rig = await startRig(options, stoppers);
  const phases = new PhaseRunner({ ...rig, seconds: options.seconds });
  if (options.profile) return showProfile(rig, phases, output);

  output.result('## Machine\n');
  output.result((await facts(rig)).map((fact) => `- ${fact}`).join('\n'));
  const measurements: Measurement[] = [];
  for (let repeat = 1; repeat <= options.repeat; repeat += 1) {
    output.progress(`Repeat ${repeat} of ${options.repeat} …`);
    measurements.push(...(await manyTopics(phases, repeat)), ...(await oneTopic(phases, repeat)));
  }
  output.result(`\n## Medians\n\n${summary(measurements)}`);
  output.result(`\n## Every run\n\n${measurementTable(measurements)}`);
};

/** What a run of P5 stands on. */
export interface Rig {
  readonly postgres: PrivatePostgres;
  readonly gateway: GatewayProcess;
  /** The rig's own connection, for counting what was stored. */
  readonly database: pg.Client;
  readonly tokens: readonly string[];
}

async function startRig({ directory, profile, settings }: BenchmarkOptions, stoppers: Stoppers): Promise<Rig> {
  const postgres = await PrivatePostgres.start(directory);
  stoppers.add(() => postgres.stop());
  const gateway = await GatewayProcess.start({ databaseUrl: postgres.url, directory: postgres.directory, profile, settings });
  stoppers.add(() => gateway.stop());
  const database = new pg.Client({ connectionString: postgres.url, application_name: 'waybill bench rig' });
  await database.connect();
  stoppers.add(() => database.end());
  const tokens = await Promise.all(Array.from({ length: SOCKETS }, (_, index) => gateway.token(`user-${index}`)));
  return { postgres, gateway, database, tokens };
}

async function facts({ postgres, database }: Rig): Promise<readonly string[]> {
  const { rows } = await database.query<{ server_version: string }>('show server_version');
  return machineFacts(postgres.directory, rows[0]?.server_version ?? 'unknown');
}

/** The gateway and the raw loop in turns, so that both see the same tables, caches and neighbours. */
async function manyTopics(phases: PhaseRunner, repeat: number): Promise<readonly Measurement[]> {
  const gateway = await phases.publishes(repeat, PHASE.gateway, 'many', { kind: 'closed', inFlight: IN_FLIGHT });
  // Beside one another, because the machine's speed drifts: their ratio is the goal.
  const rawEqual = await phases.appends(repeat, PHASE.rawEqual, 'many', EQUAL_BATCH);
  const half = await phases.publishes(repeat, PHASE.half, 'many', { kind: 'open', perSecond: gateway.perSecond / 2 });
  const raw = await phases.appends(repeat, PHASE.raw, 'many', LARGEST_BATCH);
  return [gateway, raw, half, rawEqual];
}

async function oneTopic(phases: PhaseRunner, repeat: number): Promise<readonly Measurement[]> {
  const gateway = await phases.publishes(repeat, PHASE.gatewayOne, 'one', { kind: 'closed', inFlight: IN_FLIGHT });
  const raw = await phases.appends(repeat, PHASE.rawOne, 'one', SOCKETS * IN_FLIGHT);
  return [gateway, raw];
}
