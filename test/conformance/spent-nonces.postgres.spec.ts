import { afterEach, expect, it, vi } from 'vitest';
import { DataSource } from 'typeorm';
import { PostgresSpentNonces } from '../../src/auth/devices/postgres-spent-nonces.js';
import { CreateDevices1763720000000 } from '../../src/storage/migrations/create-devices.js';
import { freshDatabase } from '../support/postgres.js';
import { describeSpentNonces } from './spent-nonces.suite.js';

async function openDataSources(count: number): Promise<{ readonly sources: readonly DataSource[]; readonly close: () => Promise<void> }> {
  const database = await freshDatabase();
  const sources = Array.from({ length: count }, () => new DataSource({ type: 'postgres', url: database.url }));
  for (const source of sources) await source.initialize();
  const [first] = sources as [DataSource];
  await first.query('create schema waybill');
  const runner = first.createQueryRunner();
  await new CreateDevices1763720000000().up(runner);
  await runner.release();
  return {
    sources,
    close: async () => {
      for (const source of sources) await source.destroy();
      await database.drop();
    },
  };
}

describeSpentNonces('Postgres, two nodes', async () => {
  const { sources, close } = await openDataSources(2);
  const [one, two] = sources.map((source) => new PostgresSpentNonces(source)) as [PostgresSpentNonces, PostgresSpentNonces];
  return { nodes: [one, two], close };
});

afterEach(() => vi.useRealTimers());

it('removes what is too old for every clock, and nothing else', async () => {
  const { sources, close } = await openDataSources(1);
  const source = sources[0] as DataSource;
  const count = async (): Promise<number> =>
    Number((await source.query<[{ count: string }]>('select count(*) from waybill.device_answer'))[0].count);
  try {
    const earlier = new PostgresSpentNonces(source);
    await earlier.spend('old', Date.now() - 301_000);
    await earlier.spend('lately', Date.now() - 200_000);
    expect(await count()).toBe(2);
    await new PostgresSpentNonces(source).spend('new', Date.now() + 30_000);
    await expect.poll(count).toBe(2);
  } finally {
    await close();
  }
});

it('says that it cannot know where the database is away', async () => {
  const { sources, close } = await openDataSources(1);
  const source = sources[0] as DataSource;
  await source.query('drop table waybill.device_answer');
  await source.destroy();
  await expect(new PostgresSpentNonces(source).spend('any', Date.now())).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  await source.initialize();
  await close();
});

it('undoes its migration', async () => {
  const { sources, close } = await openDataSources(1);
  const runner = (sources[0] as DataSource).createQueryRunner();
  await new CreateDevices1763720000000().down(runner);
  expect(await runner.query(`select from pg_tables where schemaname = 'waybill'`)).toEqual([]);
  await runner.release();
  await close();
});
