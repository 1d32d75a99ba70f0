import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { draftOf } from '../../test/conformance/message-log.suite.js';
import { openMessageLog, type OpenLog } from '../../test/conformance/open-message-log.js';
import { LogClock } from '../../test/support/log-clock.js';
import { freshDatabase, type TestDatabase } from '../../test/support/postgres.js';
import { Config } from '../config/config.js';
import { PartitionKeeper } from './partition-keeper.js';

const DAY_MS = 86_400_000;
const CONFIG = Config.from(
  {},
  {
    messaging: {
      namespaces: {
        daily: { history_age_s: 86_400 },
        monthly: { history_age_s: 2_678_400 },
        ever: { history_age_s: 0 },
        away: { durable: false, history_age_s: 31_536_000 },
      },
    },
  },
);

describe('partitions', { timeout: 60_000 }, () => {
  let fresh: TestDatabase;
  let open: OpenLog;
  let keeper: PartitionKeeper;
  let clock: LogClock;

  beforeAll(async () => {
    fresh = await freshDatabase();
    open = await openMessageLog(fresh.url, CONFIG);
    clock = await LogClock.install(open.dataSource);
    keeper = new PartitionKeeper(open.database, CONFIG);
  });
  afterAll(async () => {
    await open.close();
    await fresh.drop();
  });

  const names = async (): Promise<readonly string[]> => {
    const rows: { name: string }[] = await open.dataSource.query(
      `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'waybill.message'::regclass order by 1`,
    );
    return rows.map(({ name }) => name.replace(/^message_/, '').replace(/_\d{8}$/, ''));
  };

  it('are made ahead, one for now and one for next, for each class that a durable namespace uses', async () => {
    await keeper.prepare();
    expect(await names()).toEqual(['keep1', 'keep1', 'keep31', 'keep31', 'keep7', 'keep7', 'kept', 'kept']);
    await keeper.prepare();
    expect(await names()).toHaveLength(8);
  });

  it('are made by the append that needs one, by many at once too', async () => {
    await clock.advance(3 * DAY_MS);
    const topics = Array.from({ length: 12 }, (_, index) => `daily.${index}`);
    const outcomes = await Promise.all(topics.map((topic) => open.log.append([draftOf(topic), draftOf('monthly.a'), draftOf('ever.a')])));
    expect(outcomes.flat().every(({ kind }) => kind === 'stored')).toBe(true);
    expect((await names()).filter((name) => name === 'keep1')).toHaveLength(3);
    const ends = await open.log.ends(['monthly.a', 'ever.a']);
    expect(ends).toMatchObject([{ head: 12 }, { head: 12 }]);
  });

  it('know a repeat across midnight', async () => {
    await clock.advanceTo(23, 59);
    const first = draftOf('daily.midnight');
    const [stored] = await open.log.append([first]);
    await clock.advance(120_000);
    const [again, other, conflict] = await open.log.append([first, draftOf('daily.midnight'), { ...first, dataText: '"other"' }]);
    expect(stored).toMatchObject({ kind: 'stored', position: { seq: 1 } });
    expect(again).toMatchObject({ kind: 'duplicate', position: { seq: 1 } });
    expect(other).toMatchObject({ kind: 'stored', position: { seq: 2 } });
    expect(conflict).toMatchObject({ kind: 'conflict', position: { seq: 1 } });
    const days: { days: number }[] = await open.dataSource.query(
      `select count(distinct m.day)::int as days from waybill.message m join waybill.topic t on t.id = m.topic_id where t.name = 'daily.midnight'`,
    );
    expect(days[0]?.days).toBe(2);
    // A clock that is set back to yesterday.
    await clock.advance(-240_000);
    expect(await open.log.append([first, draftOf('daily.midnight')])).toMatchObject([
      { kind: 'duplicate', position: { seq: 1 } },
      { kind: 'stored', position: { seq: 3 } },
    ]);
    await clock.advance(240_000);
    expect((await open.log.read('daily.midnight', { limit: 9 })).messages.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect((await open.log.read('daily.midnight', { before: 3, limit: 9 })).messages.map(({ seq }) => seq)).toEqual([1, 2]);
    expect((await open.log.read('daily.midnight', { before: 3, limit: 1 })).messages.map(({ seq }) => seq)).toEqual([2]);
  });

  it('know a repeat when the policy changed meanwhile', async () => {
    const first = draftOf('daily.policy');
    await open.log.append([first]);
    const longer = Config.from({}, { messaging: { namespaces: { daily: { history_age_s: 2_678_400 } } } });
    const other = await openMessageLog(fresh.url, longer);
    expect(await other.log.append([first, draftOf('daily.policy')])).toMatchObject([
      { kind: 'duplicate', position: { seq: 1 } },
      { kind: 'stored', position: { seq: 2 } },
    ]);
    expect((await open.log.read('daily.policy', { limit: 9 })).messages).toHaveLength(2);
    await other.close();
  });

  it('are dropped whole once their youngest message is past its retention, and history begins after them', async () => {
    await open.log.append([draftOf('daily.old'), draftOf('daily.old'), draftOf('monthly.old'), draftOf('ever.old')]);
    await clock.advance(1.5 * DAY_MS);
    await open.log.append([draftOf('daily.old')]);
    await keeper.drop();
    expect(await open.log.read('daily.old', { limit: 9 })).toMatchObject({ head: 3, floor: 2, messages: [{ seq: 3 }] });
    await clock.advance(3 * DAY_MS);
    const dropped = await keeper.drop();
    expect(dropped.length).toBeGreaterThan(0);
    expect(dropped.filter((name) => /keep31|kept/.test(name))).toEqual([]);
    expect(await keeper.drop()).toEqual([]);
    expect(await open.log.read('daily.old', { limit: 9 })).toMatchObject({ head: 3, floor: 3, messages: [] });
    expect(await open.log.ends(['monthly.old', 'ever.old'])).toMatchObject([
      { head: 1, floor: 0 },
      { head: 1, floor: 0 },
    ]);
    expect(await open.log.append([draftOf('daily.old')])).toMatchObject([{ kind: 'stored', position: { seq: 4 } }]);
    expect(await open.log.read('daily.old', { limit: 9 })).toMatchObject({ head: 4, floor: 3, messages: [{ seq: 4 }] });
    await clock.advance(60 * DAY_MS);
    await keeper.drop();
    expect(await open.log.ends(['monthly.old', 'ever.old'])).toMatchObject([
      { head: 1, floor: 1 },
      { head: 1, floor: 0 },
    ]);
  });

  it('are finished off in the next round where a long transaction held up the first', async () => {
    await open.log.append([draftOf('daily.held')]);
    await clock.advance(4 * DAY_MS);
    const somebody = new pg.Client({ connectionString: fresh.url });
    await somebody.connect();
    await somebody.query('begin');
    await somebody.query('select count(*) from waybill.message');
    const before = (await names()).length;
    await expect(keeper.drop()).rejects.toThrow(/timeout/);
    // Appends go on meanwhile.
    expect(await open.log.append([draftOf('daily.held')])).toMatchObject([{ kind: 'stored', position: { seq: 2 } }]);
    await somebody.end();
    expect((await keeper.drop()).length).toBeGreaterThan(0);
    expect((await names()).length).toBeLessThanOrEqual(before);
    expect(await open.log.read('daily.held', { limit: 9 })).toMatchObject({ floor: 1, messages: [{ seq: 2 }] });
  });

  it('can be dropped by two nodes at once', async () => {
    await open.log.append([draftOf('daily.both'), draftOf('monthly.both')]);
    await clock.advance(200 * DAY_MS);
    const other = await openMessageLog(fresh.url, CONFIG);
    await Promise.all([keeper.drop(), new PartitionKeeper(other.database, CONFIG).drop()]);
    await keeper.drop();
    expect((await names()).filter((name) => name !== 'kept')).toEqual([]);
    expect(await open.dataSource.query('select * from waybill.segment where keep_days > 0')).toEqual([]);
    await other.close();
  });
});
