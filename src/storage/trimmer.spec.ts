import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { draftOf } from '../../test/conformance/message-log.suite.js';
import { openMessageLog, type OpenLog, PATIENT_STATEMENTS } from '../../test/conformance/open-message-log.js';
import { LogClock } from '../../test/support/log-clock.js';
import { freshDatabase, type TestDatabase } from '../../test/support/postgres.js';
import { Config } from '../config/config.js';
import { Trimmer } from './trimmer.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const CONFIG = Config.from(
  { ...PATIENT_STATEMENTS, WAYBILL_IDEMPOTENCY_HOURS: '2' },
  {
    messaging: {
      namespaces: { short: { history_length: 5, history_age_s: 0 }, hourly: { history_age_s: 3_600 }, ever: { history_age_s: 0 } },
    },
  },
);

describe('the trimmer', { timeout: 60_000 }, () => {
  let fresh: TestDatabase;
  let open: OpenLog;
  let trimmer: Trimmer;
  let clock: LogClock;

  beforeAll(async () => {
    fresh = await freshDatabase();
    open = await openMessageLog(fresh.url, CONFIG);
    clock = await LogClock.install(open.dataSource);
    trimmer = new Trimmer(open.database, CONFIG);
  });
  afterAll(async () => {
    await open.close();
    await fresh.drop();
  });

  const fill = async (topic: string, count: number): Promise<void> => {
    for (let left = count; left > 0; left -= 500) await open.log.append(Array.from({ length: Math.min(left, 500) }, () => draftOf(topic)));
  };
  const rows = async (): Promise<number> => {
    const found: { count: number }[] = await open.dataSource.query('select count(*)::int as count from waybill.message');
    return found[0]?.count ?? 0;
  };

  it('removes what only its number limits, but keeps repeats recognisable', async () => {
    await fill('short.a', 2_600);
    await fill('ever.a', 10);
    await clock.advance(HOUR_MS);
    // Nothing is older than the idempotency time.
    expect(await trimmer.trim()).toBe(0);
    expect(await open.log.ends(['short.a'])).toMatchObject([{ head: 2_600, floor: 2_595 }]);
    expect(await rows()).toBe(2_610);
    await clock.advance(1.5 * HOUR_MS);
    expect(await trimmer.trim()).toBe(2_595);
    expect(await trimmer.trim()).toBe(0);
    expect(await open.log.read('short.a', { limit: 9 })).toMatchObject({
      head: 2_600,
      floor: 2_595,
      messages: [{ seq: 2_596 }, {}, {}, {}, { seq: 2_600 }],
    });
    expect(await open.log.read('ever.a', { limit: 100 })).toMatchObject({ floor: 0, messages: { length: 10 } });
  });

  it('does so over the months that a quiet topic spans', async () => {
    for (let month = 1; month <= 4; month += 1) {
      await fill('short.m', 4);
      await clock.advance(31 * DAY_MS);
    }
    expect(await open.log.read('short.m', { limit: 9 })).toMatchObject({ head: 16, floor: 11, messages: { length: 5 } });
    expect(await trimmer.trim()).toBe(11);
    expect(await open.log.read('short.m', { limit: 9 })).toMatchObject({ head: 16, floor: 11, messages: { length: 5 } });
    await fill('short.m', 9);
    await clock.advance(3 * HOUR_MS);
    expect(await trimmer.trim()).toBe(9);
    expect(await open.log.read('short.m', { limit: 9 })).toMatchObject({ head: 25, floor: 20, messages: { length: 5 } });
  });

  it('raises the floor of what is kept by age, and leaves the removal to the partitions', async () => {
    await fill('hourly.a', 20);
    await clock.advance(2 * HOUR_MS);
    await fill('hourly.a', 3);
    const before = await rows();
    expect(await trimmer.trim()).toBe(0);
    expect(await rows()).toBe(before);
    const topic: { floor: string }[] = await open.dataSource.query(`select floor from waybill.topic where name = 'hourly.a'`);
    expect(topic[0]?.floor).toBe('20');
    expect(await open.log.read('hourly.a', { limit: 9 })).toMatchObject({ head: 23, floor: 20, messages: { length: 3 } });
  });

  it('keeps a floor that was reached when the retention is lengthened', async () => {
    const patient = await openMessageLog(
      fresh.url,
      Config.from({}, { messaging: { namespaces: { short: { history_length: 0, history_age_s: 0 } } } }),
    );
    expect(await patient.log.ends(['short.a'])).toMatchObject([{ head: 2_600, floor: 2_595 }]);
    await patient.close();
  });

  it('removes the messages of deleted topics', async () => {
    await fill('gone.a', 1_200);
    const before = await rows();
    await open.log.delete('gone.a');
    await fill('gone.a', 3);
    expect(await trimmer.trim()).toBe(1_200);
    expect(await rows()).toBe(before - 1_200 + 3);
    expect((await open.log.read('gone.a', { limit: 9 })).messages).toHaveLength(3);
    expect(await open.dataSource.query('select * from waybill.discarded')).toEqual([]);
  });

  it('leaves a topic for later that is being appended to', async () => {
    await fill('short.b', 10);
    await clock.advance(3 * HOUR_MS);
    const runner = open.dataSource.createQueryRunner();
    await runner.startTransaction();
    await runner.query(`select from waybill.topic where name = 'short.b' for update`);
    const before = await rows();
    await trimmer.trim();
    expect(await rows()).toBe(before);
    await runner.rollbackTransaction();
    await runner.release();
    await trimmer.trim();
    expect(await rows()).toBeLessThan(before);
    expect(await open.log.ends(['short.b'])).toMatchObject([{ head: 10, floor: 5 }]);
  });
});
