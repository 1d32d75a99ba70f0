import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { draftOf } from '../../test/conformance/message-log.suite.js';
import { openMessageLog, type OpenLog } from '../../test/conformance/open-message-log.js';
import { freshDatabase, type TestDatabase } from '../../test/support/postgres.js';
import { originOf } from './origin-text.js';

const CONNECTION = '01920000-0000-7000-8000-000000000001';

describe('where a stored message came from', () => {
  let fresh: TestDatabase;
  let open: OpenLog;
  const origins = async (topic: string): Promise<readonly unknown[]> => {
    const rows = await open.dataSource.query<{ readonly origin: string | null }[]>(
      'select m.origin from waybill.message m join waybill.topic t on t.id = m.topic_id where t.name = $1 order by m.seq',
      [topic],
    );
    return rows.map(({ origin }) => originOf(origin));
  };

  beforeAll(async () => {
    fresh = await freshDatabase();
    open = await openMessageLog(fresh.url);
  });

  afterAll(async () => {
    await open.close();
    await fresh.drop();
  });

  it('is kept with it, and is no part of what readers get', async () => {
    const origin = { connection: CONNECTION, address: '10.0.0.7', role: undefined };
    await open.log.append([{ ...draftOf('room.doors'), origin }, draftOf('room.doors')]);
    expect(await origins('room.doors')).toEqual([origin, undefined]);
    const { messages } = await open.log.read('room.doors', { limit: 10 });
    expect(messages).toHaveLength(2);
    expect(messages.every((message) => !('origin' in message))).toBe(true);
  });

  it('is the address and the role of a transaction that published', async () => {
    await open.dataSource.query(`select waybill.configure_namespaces(array['default'], array[true], array[7], array[1000], 10, 86400000)`);
    await open.dataSource.query(`select waybill.allow_publish(session_user::text, 'orders', array['*'])`);
    const client = new pg.Client({ connectionString: fresh.url });
    await client.connect();
    await client.query(`select waybill.publish('room.sql', 'made', '1'::json)`);
    await client.end();
    expect(await origins('room.sql')).toEqual([{ connection: undefined, address: '127.0.0.1', role: 'waybill' }]);
  });

  it('can be found by the id of the message alone, without reading a partition', async () => {
    await open.log.append(Array.from({ length: 500 }, () => draftOf('room.many')));
    await open.dataSource.query('analyze');
    const plan = await open.dataSource.query<{ readonly 'QUERY PLAN': string }[]>(
      `explain select * from waybill.message where msg_id = 'm-1' collate "C"`,
    );
    expect(plan.map((row) => row['QUERY PLAN']).join('\n')).toMatch(/Index .*msg_id/);
  });
});
