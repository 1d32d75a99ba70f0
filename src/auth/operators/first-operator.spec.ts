import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../test/support/postgres.js';
import { testConfig } from '../../../test/support/tokens.js';
import { RecordingTelemetry } from '../../telemetry/recording-telemetry.js';
import { Operators1763730000000 } from '../../storage/migrations/operators.js';
import { FirstOperator } from './first-operator.js';
import { Operator } from './operator.entity.js';
import { OperatorSession } from './operator-session.entity.js';
import { OperatorSessions } from './operator-sessions.js';
import { Operators } from './operators.js';
import { PasswordHasher } from './password-hasher.js';
import { nobodyToNudge } from '../../../test/support/nudges.js';

let database: TestDatabase;
let source: DataSource;
let directory: string;

beforeAll(async () => {
  database = await freshDatabase();
  source = new DataSource({ type: 'postgres', url: database.url, entities: [Operator, OperatorSession] });
  await source.initialize();
  await source.query('create schema waybill');
  await source.query('create table waybill.api_key (id uuid primary key)');
  const runner = source.createQueryRunner();
  await new Operators1763730000000().up(runner);
  await runner.release();
});
afterAll(async () => {
  await source.destroy();
  await database.drop();
});
beforeEach(async () => {
  await source.query('truncate waybill.operator cascade');
  directory = mkdtempSync(join(tmpdir(), 'waybill-operators-'));
  return () => rmSync(directory, { recursive: true });
});

/** One node; `home` is its data directory. */
async function start(home = directory, env: Readonly<Record<string, string>> = {}): Promise<FirstOperator> {
  const config = testConfig({ WAYBILL_DATA_DIR: home, ...env });
  const sessions = new OperatorSessions(source.getRepository(OperatorSession), new RecordingTelemetry(), config, nobodyToNudge());
  const operators = new Operators(source.getRepository(Operator), new PasswordHasher(), sessions);
  const first = new FirstOperator(operators, config);
  await first.onApplicationBootstrap();
  return first;
}

async function opens(password: string): Promise<boolean> {
  const [row] = await source.getRepository(Operator).findBy({ name: 'admin', role: 'admin' });
  return (await new PasswordHasher().check(password, row?.password)).matches;
}

const file = (): string => join(directory, 'operator-password');

describe('the first operator', () => {
  it('is made once, with a password that is kept for its owner alone and told this once', async () => {
    const { generatedPassword } = await start();
    expect(generatedPassword).toMatch(/^[\w-]{24}$/);
    expect(readFileSync(file(), 'utf8').trim()).toBe(generatedPassword);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(await opens(generatedPassword ?? '')).toBe(true);
    expect((await start()).generatedPassword).toBeUndefined();
    expect(await source.getRepository(Operator).count()).toBe(1);
  });

  it('has the password of the settings, which nobody is told and which is not read again', async () => {
    const first = await start(directory, { WAYBILL_OPERATOR_PASSWORD: 'chosen by the owner' });
    expect([first.generatedPassword, existsSync(file()), await opens('chosen by the owner')]).toEqual([undefined, false, true]);
    await start(directory, { WAYBILL_OPERATOR_PASSWORD: 'another one, later' });
    expect(await opens('another one, later')).toBe(false);
  });

  it('is made by one of the nodes that start together, and no other keeps a password that opens nothing', async () => {
    const homes = Array.from({ length: 4 }, () => mkdtempSync(join(directory, 'node-')));
    const nodes = await Promise.all(homes.map((home) => start(home)));
    const told = nodes.flatMap(({ generatedPassword }) => (generatedPassword === undefined ? [] : [generatedPassword]));
    expect(told).toHaveLength(1);
    expect(await opens(told[0] ?? '')).toBe(true);
    expect(homes.filter((home) => existsSync(join(home, 'operator-password')))).toHaveLength(1);
  });

  it('does not start on a password that is too short', async () => {
    writeFileSync(file(), 'short\n');
    await expect(start()).rejects.toThrow('operator-password');
    expect(() => testConfig({ WAYBILL_OPERATOR_PASSWORD: 'short' })).toThrow('12 to 256');
  });
});
