import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Config } from '../../src/config/config.js';
import type { Draft } from '../../src/messaging/message.js';
import { Refusal } from '../../src/protocol/refusal.js';
import { EmbeddedPostgres } from '../../src/storage/embedded-postgres.js';
import { freshDatabase, type TestDatabase } from '../support/postgres.js';
import { draftOf } from './message-log.suite.js';
import { openMessageLog, type OpenLog } from './open-message-log.js';

const SILENT = { log: () => undefined, warn: () => undefined, error: () => undefined };

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(10);
}

describe('PostgresMessageLog when the server is killed', { timeout: 60_000 }, () => {
  it('has everything it acknowledged, says so of the rest, and goes on', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'waybill-log-'));
    const server = new EmbeddedPostgres(dataDir, SILENT);
    const open = await openMessageLog(await server.start(), Config.from({ WAYBILL_DB_CONNECT_TIMEOUT_MS: '1000' }));
    const acknowledged = new Map<string, number>();
    const unknown: Draft[] = [];
    const refusals: Refusal[] = [];
    let going = true;
    const appender = async (topic: string): Promise<void> => {
      while (going) {
        const drafts = Array.from({ length: 20 }, () => draftOf(topic));
        try {
          const outcomes = await open.log.append(drafts);
          outcomes.forEach((outcome, index) => {
            if (outcome.kind === 'stored') acknowledged.set((drafts[index] as Draft).msgId, outcome.position.seq);
          });
        } catch (error) {
          refusals.push(error as Refusal);
          if ((error as Refusal).code === 'UNKNOWN_OUTCOME') unknown.push(...drafts);
          await delay(5);
        }
      }
    };
    const topics = ['fault.a', 'fault.b', 'fault.c', 'fault.d', 'fault.a'];
    const appenders = Promise.all(topics.map(appender));
    for (const victim of ['server', 'session', 'server', 'session']) {
      const [before, refused] = [acknowledged.size, refusals.length];
      await until(() => Promise.resolve(acknowledged.size > before + 500));
      const sessions = await open.database.query('sessions', {
        text: `select pid from pg_stat_activity where application_name = 'waybill' and query like '%append_messages%' and pid <> pg_backend_pid()`,
      });
      process.kill(victim === 'server' ? (server.pid as number) : (sessions[0]?.[0] as number), 'SIGKILL');
      await until(() => Promise.resolve(refusals.length > refused));
    }
    const atRestart = acknowledged.size;
    await until(() => Promise.resolve(acknowledged.size > atRestart + 200));
    going = false;
    await appenders;

    expect(refusals.length).toBeGreaterThan(0);
    expect(refusals.filter((refusal) => !(refusal instanceof Refusal))).toEqual([]);
    expect(new Set(refusals.map((refusal) => refusal.code)).difference(new Set(['UNKNOWN_OUTCOME', 'UNAVAILABLE']))).toEqual(new Set());
    expect(open.health.state).toBe('ok');

    const stored = async (): Promise<Map<string, number>> => {
      const found = new Map<string, number>();
      for (const topic of new Set(topics)) {
        const { messages, head } = await open.log.read(topic, { limit: 1_000_000 });
        expect(messages.map((message) => message.seq)).toEqual(Array.from({ length: head }, (_, index) => index + 1));
        for (const message of messages) {
          expect(found.has(message.msgId)).toBe(false);
          found.set(message.msgId, message.seq);
        }
      }
      return found;
    };
    const before = await stored();
    for (const [msgId, seq] of acknowledged) expect(before.get(msgId)).toBe(seq);
    // A repeat of what was not known tells its one position.
    for (const draft of unknown) {
      const [outcome] = await open.log.append([draft]);
      expect(outcome?.kind).toBe(before.has(draft.msgId) ? 'duplicate' : 'stored');
      if (before.has(draft.msgId)) expect(outcome).toMatchObject({ position: { seq: before.get(draft.msgId) } });
    }
    await stored();
    await open.close();
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('answers UNAVAILABLE with a time to wait while it is away', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'waybill-log-'));
    const server = new EmbeddedPostgres(dataDir, SILENT);
    const open = await openMessageLog(await server.start(), Config.from({}));
    await open.log.append([draftOf('away.a')]);
    await server.stop();
    await expect(open.log.append([draftOf('away.a'), draftOf('away.b')])).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      retryAfterMs: expect.any(Number),
    });
    await expect(open.log.read('away.a', { limit: 1 })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(open.log.ends(['away.a'])).rejects.toBeInstanceOf(Refusal);
    expect(open.health.state).toBe('down');
    await vi.waitFor(() => expect(open.health.problem).toContain('ECONNREFUSED'), { timeout: 10_000 });
    await open.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
});

describe('PostgresMessageLog', { timeout: 60_000 }, () => {
  let fresh: TestDatabase;
  let open: OpenLog;
  let other: pg.Client;

  beforeAll(async () => {
    fresh = await freshDatabase();
    open = await openMessageLog(fresh.url, Config.from({}));
    other = new pg.Client({ connectionString: fresh.url });
    await other.connect();
  });
  afterAll(async () => {
    await other.end();
    await open.close();
    await fresh.drop();
  });

  it('stores the other topics of a batch while one is locked, and that one when it is free', async () => {
    await open.log.append([draftOf('lock.a'), draftOf('lock.b')]);
    await other.query('begin');
    await other.query(`select from waybill.topic where name = 'lock.a' for update`);
    const appended = open.log.append([draftOf('lock.a'), draftOf('lock.b'), draftOf('lock.a'), draftOf('lock.new')]);
    await until(async () => (await open.log.ends(['lock.b']))[0]?.head === 2);
    expect(await open.log.append([draftOf('lock.c')])).toMatchObject([{ kind: 'stored' }]);
    expect((await open.log.ends(['lock.a']))[0]?.head).toBe(1);
    await other.query('commit');
    const outcomes = await appended;
    expect(outcomes).toMatchObject([
      { kind: 'stored', position: { seq: 2 } },
      { kind: 'stored', position: { seq: 2 } },
      { kind: 'stored', position: { seq: 3 } },
      { kind: 'stored', position: { seq: 1 } },
    ]);
  });

  it('answers that a locked topic is busy, at once, where it is not to wait', async () => {
    await open.log.append([draftOf('busy.a')]);
    await other.query('begin');
    await other.query(`select from waybill.topic where name = 'busy.a' for update`);
    const drafts = [draftOf('busy.a'), draftOf('busy.b'), draftOf('busy.a')];
    expect(await open.log.appendFree(drafts)).toMatchObject([{ kind: 'busy' }, { kind: 'stored', position: { seq: 1 } }, { kind: 'busy' }]);
    await other.query('commit');
    expect(await open.log.appendFree(drafts)).toMatchObject([
      { kind: 'stored', position: { seq: 2 } },
      { kind: 'duplicate', position: { seq: 1 } },
      { kind: 'stored', position: { seq: 3 } },
    ]);
  });

  it('gives a topic up that stays locked', async () => {
    await open.log.append([draftOf('stuck.a')]);
    await other.query('begin');
    await other.query(`select from waybill.topic where name = 'stuck.a' for update`);
    const outcomes = await open.log.append([draftOf('stuck.a'), draftOf('stuck.b')]);
    expect(outcomes).toMatchObject([{ kind: 'refused', refusal: { code: 'UNAVAILABLE', retryAfterMs: 1_000 } }, { kind: 'stored' }]);
    await expect(open.log.append([draftOf('stuck.a')])).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await other.query('commit');
    expect(await open.log.append([draftOf('stuck.a')])).toMatchObject([{ kind: 'stored', position: { seq: 2 } }]);
  });

  it('finds the messages that the database refuses, and stores their neighbours in order', async () => {
    await other.query(`alter table waybill.message add constraint no_poison check (payload <> '"poison"')`);
    const poison = { dataText: '"poison"' };
    const drafts = Array.from({ length: 64 }, (_, index) =>
      draftOf('poison.a', index === 13 || index === 14 || index === 63 ? poison : {}),
    );
    const outcomes = await open.log.append(drafts);
    const refused = outcomes.flatMap((outcome, index) => (outcome.kind === 'refused' ? [[index, outcome.refusal.code]] : []));
    expect(refused).toEqual([13, 14, 63].map((index) => [index, 'BAD_REQUEST']));
    const { messages } = await open.log.read('poison.a', { limit: 100 });
    expect(messages.map((message) => message.msgId)).toEqual(
      drafts.filter((draft) => draft.dataText !== poison.dataText).map((draft) => draft.msgId),
    );
    await other.query('alter table waybill.message drop constraint no_poison');
  });

  describe('with a trigger that misbehaves', () => {
    const install = async (body: string): Promise<void> => {
      await other.query(
        `create or replace function public.misbehave() returns trigger language plpgsql as $$ begin ${body} return new; end $$`,
      );
      await other.query('create trigger misbehave before insert on waybill.message for each row execute function public.misbehave()');
    };
    const remove = async (): Promise<void> => {
      await other.query('drop trigger misbehave on waybill.message');
    };

    it.each(['40001', '40P01'])('tries again after %s', async (state) => {
      await other.query('drop sequence if exists public.failures');
      await other.query('create sequence public.failures');
      await install(`if nextval('public.failures') <= 3 then raise exception 'by chance' using errcode = '${state}'; end if;`);
      expect(await open.log.append([draftOf(`again.${state}`), draftOf(`again.${state}`)])).toMatchObject([
        { position: { seq: 1 } },
        { position: { seq: 2 } },
      ]);
      await remove();
    });

    it.each([
      ['57014', 'UNKNOWN_OUTCOME'],
      ['57P01', 'UNKNOWN_OUTCOME'],
      ['53100', 'UNAVAILABLE'],
      ['25006', 'UNAVAILABLE'],
    ])('answers %s with %s', async (state, code) => {
      await install(`raise exception 'trouble' using errcode = '${state}';`);
      await expect(open.log.append([draftOf('trouble.a')])).rejects.toMatchObject({ code });
      await remove();
      expect(await open.log.append([draftOf('trouble.a')])).toMatchObject([{ kind: 'stored' }]);
    });

    it('commits to disk although the database says otherwise', async () => {
      await other.query('create table public.seen (setting text)');
      await install(`insert into public.seen values (current_setting('synchronous_commit'));`);
      await other.query(`do $$ begin execute format('alter database %I set synchronous_commit = off', current_database()); end $$`);
      const careless = await openMessageLog(fresh.url, Config.from({}));
      expect(await careless.dataSource.query('show synchronous_commit')).toEqual([{ synchronous_commit: 'off' }]);
      await careless.log.append([draftOf('careful.a')]);
      expect((await other.query('select distinct setting from public.seen')).rows).toEqual([{ setting: 'on' }]);
      await careless.close();
      await remove();
    });
  });

  it('answers UNAVAILABLE when no connection is free in time', async () => {
    const hasty = await openMessageLog(
      fresh.url,
      Config.from({ WAYBILL_DB_POOL: '2', WAYBILL_DB_CONNECT_TIMEOUT_MS: '300', WAYBILL_DB_STATEMENT_TIMEOUT_MS: '1000' }),
    );
    const sleepers = [1, 2].map(() => hasty.database.query('sleep', { text: 'select pg_sleep(10)' }));
    const expected = sleepers.map((sleeper) => expect(sleeper).rejects.toMatchObject({ kind: 'rejected', sqlState: '57014' }));
    await expect(hasty.log.append([draftOf('hasty.a')])).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await Promise.all(expected);
    await hasty.close();
  });

  it('works where the database would isolate transactions more strictly', async () => {
    await other.query(
      `do $$ begin execute format('alter database %I set default_transaction_isolation = serializable', current_database()); end $$`,
    );
    const strict = await openMessageLog(fresh.url, Config.from({}));
    const draft = draftOf('strict.a');
    const outcomes = (await Promise.all(Array.from({ length: 6 }, () => strict.log.append([draft])))).flat();
    expect(outcomes.filter((outcome) => outcome.kind === 'stored')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome.kind === 'duplicate')).toHaveLength(5);
    await strict.close();
  });

  it('reads no more of a long topic for an append than it must, although plans were made for a log of a few messages', async () => {
    const young = await freshDatabase();
    const single = await openMessageLog(young.url, Config.from({ WAYBILL_DB_POOL: '2' }));
    const append = (count: number): Promise<unknown> => single.log.append(Array.from({ length: count }, () => draftOf('plan.a')));
    await append(3);
    const partitions: { name: string }[] = await single.dataSource.query('select name from waybill.partition');
    for (const { name } of partitions) await single.dataSource.query(`alter table waybill.${name} set (autovacuum_enabled = false)`);
    await single.dataSource.query('analyze waybill.message, waybill.topic, waybill.segment');
    for (let call = 0; call < 20; call += 1) await append(call < 8 ? 1 : 400);
    const read = async (): Promise<number> => {
      await single.dataSource.query('select pg_stat_force_next_flush()');
      const rows: { tuples: string }[] = await single.dataSource.query(
        `select (select sum(idx_tup_read) from pg_stat_all_indexes where schemaname = 'waybill' and relname like 'message%')
              + (select sum(seq_tup_read) from pg_stat_all_tables where schemaname = 'waybill' and relname like 'message%') as tuples`,
      );
      return Number(rows[0]?.tuples);
    };
    const before = await read();
    await append(250);
    expect((await read()) - before).toBeLessThan(1_000);
    await single.close();
    await young.drop();
  });

  it('does not read the old versions of a head, which somebody’s open transaction keeps', { timeout: 60_000 }, async () => {
    const crowded = await freshDatabase();
    const single = await openMessageLog(crowded.url, Config.from({ WAYBILL_DB_POOL: '2' }));
    const somebody = new pg.Client({ connectionString: crowded.url });
    await somebody.connect();
    await somebody.query('begin isolation level repeatable read');
    await somebody.query('select count(*) from waybill.topic');
    const append = async (count: number): Promise<void> => {
      for (let call = 0; call < count; call += 1) await single.log.append([draftOf('crowded.a')]);
    };
    const pages = async (): Promise<number> => {
      await single.dataSource.query('select pg_stat_force_next_flush()');
      const rows: { pages: string }[] = await single.dataSource.query(
        `select heap_blks_hit + heap_blks_read as pages from pg_statio_all_tables where schemaname = 'waybill' and relname = 'topic'`,
      );
      return Number(rows[0]?.pages);
    };
    await append(3_000);
    const before = await pages();
    await append(10);
    expect(((await pages()) - before) / 10).toBeLessThan(20);
    await somebody.end();
    await single.close();
    await crowded.drop();
  });

  it('times its calls by name', async () => {
    await open.log.append([draftOf('timed.a')]);
    await open.log.read('timed.a', { limit: 1 });
    await open.log.ends(['timed.a']);
    await open.log.topics({ limit: 1 });
    await open.log.delete('timed.a');
    const operations = new Set(open.telemetry.of('databaseOperation').map(([operation]) => operation));
    expect(operations).toEqual(new Set(['append', 'read', 'ends', 'topics', 'delete']));
  });
});
