import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openMessageLog, type OpenLog, PATIENT_STATEMENTS } from '../../test/conformance/open-message-log.js';
import { freshDatabase, type TestDatabase } from '../../test/support/postgres.js';
import { Config } from '../config/config.js';

const PATIENCE = { timeout: 15_000, interval: 10 };

describe('the database connection', { timeout: 60_000 }, () => {
  let fresh: TestDatabase;
  let admin: pg.Client;
  let open: OpenLog;

  beforeEach(async () => {
    fresh = await freshDatabase();
    admin = new pg.Client({ connectionString: fresh.url });
    await admin.connect();
  });
  afterEach(async () => {
    await open.close();
    await admin.end();
    await fresh.drop();
  });

  async function start(env: Readonly<Record<string, string>> = {}, parameters = ''): Promise<void> {
    open = await openMessageLog(`${fresh.url}${parameters}`, Config.from({ WAYBILL_DB_PROBE_MS: '50', ...env }));
  }

  const query = (text: string) => open.database.query('test', { text });
  const failureOf = (text: string): Promise<unknown> => query(text).catch((error: unknown) => error);
  const sleeping = (text: string): Promise<boolean> =>
    admin
      .query(`select from pg_stat_activity where query = $1 and state = 'active' and datname = current_database()`, [text])
      .then(({ rowCount }) => rowCount !== 0);
  const alterDatabase = (change: string) =>
    admin.query(`do $$ begin execute format('alter database %I ${change}', current_database()); end $$`);
  const endSessions = () =>
    admin.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'waybill'`,
    );

  it('opens what it keeps before it is ready, and counts every wait', async () => {
    await start({ WAYBILL_DB_POOL_MIN: '5' });
    await open.database.warmUp();
    expect(open.health.pool).toEqual({ total: 5, idle: 5, waiting: 0 });
    expect(open.telemetry.of('databasePoolWait')).toHaveLength(5);
    await query('select 1');
    expect(open.telemetry.of('databasePoolWait')).toHaveLength(6);
  });

  it('refuses a call that found no connection free in time, and takes that for no sign of a database that is away', async () => {
    await start({ WAYBILL_DB_POOL: '2', ...PATIENT_STATEMENTS, WAYBILL_DB_CONNECT_TIMEOUT_MS: '300' });
    const sleepers = [1, 2].map((n) => query(`select pg_sleep(1), ${n}`));
    await expect(query('select 3')).rejects.toMatchObject({
      kind: 'unreachable',
      message: expect.stringMatching(/none of the 2 connections came free in time.*storage\.poolSize/),
    });
    expect(open.health.circuit).toBe('closed');
    await Promise.all(sleepers);
    expect(await query('select 3')).toEqual([[3]]);
  });

  it('counts the wait for a connection within the deadline of the call, and keeps what comes too late', async () => {
    const env = { WAYBILL_DB_POOL: '2', WAYBILL_DB_STATEMENT_TIMEOUT_MS: '200', WAYBILL_DB_CONNECT_TIMEOUT_MS: '60000' };
    await start(env);
    const others = [1, 2].map(() => open.dataSource.createQueryRunner());
    await Promise.all(others.map((other) => other.connect()));
    expect(await failureOf('select 1')).toMatchObject({ kind: 'unreachable', message: expect.stringContaining('came free in time') });
    expect(open.health.circuit).toBe('closed');
    await Promise.all(others.map((other) => other.release()));
    await vi.waitFor(() => expect(open.health.pool).toEqual({ total: 2, idle: 2, waiting: 0 }), PATIENCE);
    await vi.waitFor(async () => expect(await query('select 1')).toEqual([[1]]), PATIENCE);
  });

  it('gives up a statement that the server leaves without an answer, and never gives its answer to another call', async () => {
    // A server without a deadline of its own stands in for one that is silent.
    await start({ WAYBILL_DB_POOL: '2', WAYBILL_DB_STATEMENT_TIMEOUT_MS: '200' }, '?statement_timeout=0');
    const changes: string[] = [];
    open.database.onCircuitChange(() => changes.push(open.health.circuit));
    const text = `select pg_sleep(1.5), 'late'`;
    const late = failureOf(text);
    await vi.waitFor(async () => expect(await sleeping(text)).toBe(true), PATIENCE);
    expect(await late).toMatchObject({ kind: 'lost' });
    expect(changes[0]).toBe('open');
    await vi.waitFor(() => expect(changes).toEqual(['open', 'closed']), PATIENCE);
    // Until after the late answer: what is answered is always what was asked.
    for (let answered = 0, n = 0; (await sleeping(text)) || answered < 20; n += 1) {
      // Within so short a deadline a busy machine may answer nothing.
      const rows = await query(`select ${n}`).catch(() => undefined);
      if (rows === undefined) continue;
      expect(rows).toEqual([[n]]);
      answered += 1;
    }
  });

  it('refuses who waits, at once, when the circuit opens', async () => {
    await start(
      { WAYBILL_DB_POOL: '2', WAYBILL_DB_POOL_MIN: '2', WAYBILL_DB_STATEMENT_TIMEOUT_MS: '400', WAYBILL_DB_CONNECT_TIMEOUT_MS: '60000' },
      '?statement_timeout=0',
    );
    // Opening connections takes part of the deadline of those who need them first.
    await open.database.warmUp();
    const hanging = [1, 2].map((n) => failureOf(`select pg_sleep(3), ${n}`));
    await vi.waitFor(() => expect(open.health.pool).toMatchObject({ total: 2, idle: 0 }), PATIENCE);
    expect(await failureOf('select 3')).toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('it was not asked: no answer for'),
    });
    expect(await Promise.all(hanging)).toMatchObject([{ kind: 'lost' }, { kind: 'lost' }]);
  });

  it('goes on when somebody ends a session, without refusing anybody else', async () => {
    await start(PATIENT_STATEMENTS);
    const changes: string[] = [];
    open.database.onCircuitChange(() => changes.push(open.health.circuit));
    const text = 'select pg_sleep(30)';
    const ended = failureOf(text);
    await vi.waitFor(async () => expect(await sleeping(text)).toBe(true), PATIENCE);
    await endSessions();
    expect(await ended).toMatchObject({ kind: 'lost' });
    await vi.waitFor(async () => expect(await query('select 1')).toEqual([[1]]), PATIENCE);
    for (let n = 0; n < 20; n += 1) expect(await query(`select ${n}`)).toEqual([[n]]);
    expect(changes).toEqual([]);
  });

  it('replaces the connections to a server that takes no writes any more, refuses meanwhile, and says why', async () => {
    await start();
    await query('create table public.t (n int)');
    await alterDatabase('set default_transaction_read_only = on');
    await endSessions();
    await vi.waitFor(async () => {
      expect(await failureOf('insert into public.t values (1)')).toMatchObject({
        kind: 'unreachable',
        message: expect.stringContaining('takes no writes'),
      });
    }, PATIENCE);
    expect(open.health).toMatchObject({ state: 'down', problem: expect.stringContaining('takes no writes') });
    await admin.query('set default_transaction_read_only = off');
    await alterDatabase('reset default_transaction_read_only');
    await vi.waitFor(() => expect(open.health.circuit).toBe('closed'), PATIENCE);
    expect(await query('insert into public.t values (2) returning n')).toEqual([[2]]);
  });

  it('uses no connection that the log’s own check refuses', async () => {
    await start();
    expect(await query('select 1')).toEqual([[1]]);
    await admin.query('drop function waybill.verify_log(text, pg_lsn)');
    await admin.query(
      `create function waybill.verify_log(text, pg_lsn) returns void language plpgsql as $$ begin raise exception 'another log'; end $$`,
    );
    await endSessions();
    await vi.waitFor(async () => {
      expect(await failureOf('select 1')).toMatchObject({ kind: 'unreachable', message: expect.stringContaining('another log') });
    }, PATIENCE);
    await admin.query('drop function waybill.verify_log(text, pg_lsn)');
    await vi.waitFor(async () => expect(await query('select 1')).toEqual([[1]]), PATIENCE);
  });
});
