import pg from 'pg';
import type { Benchmark, BenchmarkOptions, Output, Stoppers } from '../rig/benchmark.ts';
import { GatewayProcess } from '../rig/gateway-process.ts';
import { machineFacts } from '../rig/machine.ts';
import { PrivatePostgres } from '../rig/private-postgres.ts';
import { CROWD_SEQ, CROWD_TOPIC, Dataset, sizeOf } from './dataset.ts';
import { measured, type Measurement } from './measurement.ts';
import { type Question, questionsOf } from './questions.ts';
import { goalTable, measurementTable } from './report.ts';

const WARM_UP = 5;
/** Times that a question is asked at most. */
const MOST_ASKED = 500;

/** Questions of operators to a ledger of a million receipts, over REST, one after another. */
export const p9: Benchmark = async (options, output, stoppers) => {
  const { postgres, gateway, database } = await startRig(options, stoppers);
  const size = sizeOf(options.scale);
  for (let seq = 0; seq < CROWD_SEQ; seq += 1) await gateway.publish(CROWD_TOPIC);
  await new Dataset(database, size).load((text) => output.progress(text));
  const { rows } = await database.query<{ server_version: string }>('show server_version');
  output.result('## Machine\n');
  output.result(
    machineFacts(postgres.directory, rows[0]?.server_version ?? 'unknown')
      .map((fact) => `- ${fact}`)
      .join('\n'),
  );
  output.result(
    `\n${size.messages} messages and ${size.receipts} receipts over ${size.topics} topics and ${size.users} users, ` +
      `${size.crowd} more receipts of one message, ${size.connections} closed connections.\n`,
  );
  const heads = await database.query<{ name: string; head: string }>('select name, head from waybill.topic');
  const questions = questionsOf(size, new Map(heads.rows.map(({ name, head }) => [name, Number(head)])), Date.now());
  const measurements: Measurement[] = [];
  for (const question of questions) measurements.push(await ask(gateway, question, options.seconds, output));
  output.result(`## Answers\n\n${measurementTable(measurements)}\n\n${goalTable(measurements)}`);
};

async function startRig(
  { directory, profile, settings }: BenchmarkOptions,
  stoppers: Stoppers,
): Promise<{ readonly postgres: PrivatePostgres; readonly gateway: GatewayProcess; readonly database: pg.Client }> {
  const postgres = await PrivatePostgres.start(directory);
  stoppers.add(() => postgres.stop());
  const gateway = await GatewayProcess.start({ databaseUrl: postgres.url, directory: postgres.directory, profile, settings });
  stoppers.add(() => gateway.stop());
  const database = new pg.Client({ connectionString: postgres.url, application_name: 'waybill bench rig' });
  await database.connect();
  stoppers.add(() => database.end());
  return { postgres, gateway, database };
}

async function ask(gateway: GatewayProcess, { name, path }: Question, seconds: number, output: Output): Promise<Measurement> {
  output.progress(`Asking: ${name} …`);
  const random = seeded(9);
  for (let round = 0; round < WARM_UP; round += 1) await gateway.ask(path(random));
  const durations: number[] = [];
  const deadline = performance.now() + seconds * 1_000;
  while (durations.length < MOST_ASKED && (performance.now() < deadline || durations.length === 0)) {
    const question = path(random);
    const startedAt = performance.now();
    await gateway.ask(question);
    durations.push(performance.now() - startedAt);
  }
  return measured(name, durations);
}

/** Numbers from 0 to below 1, the same in every run. Lehmer's generator, modulo 2^31 - 1. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}
