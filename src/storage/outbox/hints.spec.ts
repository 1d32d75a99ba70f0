import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openMessageLog, type OpenLog } from '../../../test/conformance/open-message-log.js';
import { ApplicationRole } from '../../../test/support/application-role.js';
import { freshDatabase, type TestDatabase } from '../../../test/support/postgres.js';
import { Config } from '../../config/config.js';
import { HintKeeper } from './hint-keeper.js';
import { NamespaceTable } from './namespace-table.js';
import { PostgresHints } from './postgres-hints.js';

describe('hints of commits', () => {
  let fresh: TestDatabase;
  let open: OpenLog;
  let role: ApplicationRole;

  beforeAll(async () => {
    fresh = await freshDatabase();
    open = await openMessageLog(fresh.url);
    await new NamespaceTable(open.database, Config.from({})).write();
    role = await ApplicationRole.create(fresh.url);
    await role.allow('order-service', ['*']);
  });
  afterAll(async () => {
    await role.drop();
    await open.close();
    await fresh.drop();
  });

  const publish = (client: pg.Client, topic: string): Promise<unknown> => client.query(`select waybill.publish($1, 'a', '1')`, [topic]);
  const seen = async (hints: PostgresHints): Promise<readonly string[]> =>
    (await hints.read()).map(({ topic, seq }) => `${topic}:${seq}`).toSorted();
  const listener = async (): Promise<PostgresHints> => {
    const hints = new PostgresHints(open.database);
    await hints.read();
    return hints;
  };

  it('say what each topic has reached, once to each reader, and nothing of a rollback', async () => {
    const [one, two] = [await listener(), await listener()];
    const app = await role.connect();
    await publish(app, 'once.a');
    await app.query('begin');
    await publish(app, 'once.a');
    await publish(app, 'once.b');
    await app.query('commit');
    await app.query('begin');
    await publish(app, 'once.c');
    await app.query('rollback');
    expect(await seen(one)).toEqual(['once.a:2', 'once.b:1']);
    expect(await seen(one)).toEqual([]);
    expect(await seen(two)).toEqual(['once.a:2', 'once.b:1']);
    const [end] = await open.log.ends(['once.a']);
    await publish(app, 'once.a');
    expect(await one.read()).toEqual([{ topic: 'once.a', epoch: end?.epoch, seq: 3 }]);
  });

  it('are found whatever the order of commits, also while a transaction stands open elsewhere', async () => {
    const hints = await listener();
    const idle = await role.connect();
    await idle.query('begin');
    await idle.query('select pg_current_xact_id()');
    const [slow, quick] = [await role.connect(), await role.connect()];
    await slow.query('begin');
    // The slow one has its hint's number first, and commits last.
    await publish(slow, 'order.slow');
    await slow.query('set constraints all immediate');
    for (let n = 1; n <= 5; n += 1) {
      await publish(quick, 'order.quick');
      expect(await seen(hints)).toEqual([`order.quick:${n}`]);
    }
    expect(await seen(hints)).toEqual([]);
    await slow.query('commit');
    expect(await seen(hints)).toEqual(['order.slow:1']);
    expect(await seen(hints)).toEqual([]);
    await idle.query('rollback');
  });

  it('lose none of many that commit at once', { timeout: 60_000 }, async () => {
    const readers = [await listener(), await listener()];
    const heads = readers.map(() => new Map<string, number>());
    const readAll = async (): Promise<void> => {
      for (const [place, reader] of readers.entries()) {
        for (const { topic, seq } of await reader.read()) heads[place]?.set(topic, Math.max(seq, heads[place]?.get(topic) ?? 0));
      }
    };
    const clients = await Promise.all(Array.from({ length: 6 }, () => role.connect()));
    let writing = true;
    const writers = Promise.all(
      clients.map(async (client, who) => {
        for (let round = 0; round < 30; round += 1) {
          await client.query('begin');
          for (let n = 0; n <= (who + round) % 3; n += 1) await publish(client, `many.${(who + n) % 4}.${round % 5}`);
          await client.query(round % 7 === 0 ? 'rollback' : 'commit');
        }
      }),
    ).finally(() => (writing = false));
    while (writing) await readAll();
    await writers;
    await readAll();
    const rows: { name: string; head: string }[] = await open.dataSource.query(
      `select name, head from waybill.topic where name like 'many.%' and head > 0`,
    );
    const expected = new Map(rows.map(({ name, head }) => [name, Number(head)]));
    expect(expected.size).toBe(20);
    for (const found of heads) expect(found).toEqual(expected);
  });

  it('begin with what is there, for a reader that begins', async () => {
    const app = await role.connect();
    await publish(app, 'early.a');
    expect(await seen(new PostgresHints(open.database))).toContain('early.a:1');
  });

  it('are removed in time, and their messages counted once, whichever nodes remove them', async () => {
    const keepers = [new HintKeeper(open.database, open.telemetry), new HintKeeper(open.database, open.telemetry)];
    await open.dataSource.query('delete from waybill.hint');
    const app = await role.connect();
    await app.query(`select waybill.publish('count.a', 'a', '1') from generate_series(1, 3)`);
    await publish(app, 'count.b');
    await publish(app, 'other.a');
    await Promise.all(keepers.map((keeper) => keeper.expire()));
    expect(open.telemetry.of('publishedBySql')).toEqual([]);
    await Promise.all(keepers.map((keeper) => keeper.expire(-60_000)));
    const counted = new Map<unknown, number>();
    for (const [namespace, messages] of open.telemetry.of('publishedBySql'))
      counted.set(namespace, (counted.get(namespace) ?? 0) + Number(messages));
    expect(counted).toEqual(
      new Map([
        ['count', 4],
        ['other', 1],
      ]),
    );
    expect(await open.dataSource.query('select * from waybill.hint')).toEqual([]);
  });
});
