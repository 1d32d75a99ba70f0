import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { draftOf } from '../../test/conformance/message-log.suite.js';
import { openMessageLog, type OpenLog } from '../../test/conformance/open-message-log.js';
import { freshDatabase, type TestDatabase } from '../../test/support/postgres.js';
import { Config } from '../config/config.js';
import { Trimmer } from './trimmer.js';

const HOUR_MS = 3_600_000;
const CONFIG = Config.from(
  { WAYBILL_IDEMPOTENCY_HOURS: '2' },
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

  beforeAll(async () => {
    fresh = await freshDatabase();
    open = await openMessageLog(fresh.url, CONFIG);
    trimmer = new Trimmer(open.database, CONFIG);
  });
  afterAll(async () => {
    await open.close();
    await fresh.drop();
  });

  const fill = async (topic: string, count: number): Promise<void> => {
    for (let left = count; left > 0; left -= 500) await open.log.append(Array.from({ length: Math.min(left, 500) }, () => draftOf(topic)));
  };
  const age = async (milliseconds: number): Promise<void> => {
    await open.dataSource.query('update waybill.message set stored_at = stored_at - $1', [milliseconds]);
    await open.dataSource.query('update waybill.topic set stored_at = stored_at - $1', [milliseconds]);
  };
  const rows = async (): Promise<number> => {
    const found: { count: number }[] = await open.dataSource.query('select count(*)::int as count from waybill.message');
    return found[0]?.count ?? 0;
  };

  it('removes what retention has passed, but keeps repeats recognisable', async () => {
    await fill('short.a', 2_600);
    await fill('ever.a', 10);
    await age(HOUR_MS);
    await fill('hourly.a', 20);
    // Nothing is older than the idempotency time.
    expect(await trimmer.trim()).toBe(0);
    expect(await open.log.ends(['short.a'])).toMatchObject([{ head: 2_600, floor: 2_595 }]);
    expect(await rows()).toBe(2_630);
    await age(1.5 * HOUR_MS);
    expect(await trimmer.trim()).toBe(2_595);
    expect(await trimmer.trim()).toBe(0);
    expect(await open.log.read('short.a', { limit: 9 })).toMatchObject({
      head: 2_600,
      floor: 2_595,
      messages: [{ seq: 2_596 }, {}, {}, {}, { seq: 2_600 }],
    });
    expect(await open.log.ends(['hourly.a', 'ever.a'])).toMatchObject([
      { head: 20, floor: 20 },
      { head: 10, floor: 0 },
    ]);
    await age(HOUR_MS);
    expect(await trimmer.trim()).toBe(20);
    expect(await open.log.append([draftOf('hourly.a')])).toMatchObject([{ position: { seq: 21 } }]);
    expect(await open.log.read('hourly.a', { limit: 9 })).toMatchObject({ floor: 20, messages: [{ seq: 21 }] });
    expect(await open.log.read('ever.a', { limit: 100 })).toMatchObject({ floor: 0, messages: { length: 10 } });
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
    await age(3 * HOUR_MS);
    const runner = open.dataSource.createQueryRunner();
    await runner.startTransaction();
    await runner.query(`select from waybill.topic where name = 'short.b' for update`);
    const before = await rows();
    await trimmer.trim();
    const left: { trimmed: string }[] = await runner.query(`select trimmed from waybill.topic where name = 'short.b'`);
    expect(left[0]?.trimmed).toBe('0');
    await runner.rollbackTransaction();
    await runner.release();
    await trimmer.trim();
    expect(await rows()).toBeLessThan(before);
    expect(await open.log.ends(['short.b'])).toMatchObject([{ head: 10, floor: 5 }]);
  });
});
