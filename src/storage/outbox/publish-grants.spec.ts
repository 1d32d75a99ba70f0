import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openMessageLog, type OpenLog } from '../../../test/conformance/open-message-log.js';
import { ApplicationRole } from '../../../test/support/application-role.js';
import { freshDatabase, type TestDatabase } from '../../../test/support/postgres.js';
import { Config } from '../../config/config.js';
import { NamespaceTable } from './namespace-table.js';

let fresh: TestDatabase;
let open: OpenLog;
let role: ApplicationRole;
let app: pg.Client;

beforeAll(async () => {
  fresh = await freshDatabase();
  open = await openMessageLog(fresh.url);
  await new NamespaceTable(open.database, Config.from({})).write();
  role = await ApplicationRole.create(fresh.url);
  app = await role.connect();
});
afterAll(async () => {
  await role.drop();
  await open.close();
  await fresh.drop();
});

const publish = (topic: string): Promise<unknown> => app.query(`select waybill.publish($1, 'a', '1')`, [topic]);
const mayPublish = (topic: string): Promise<boolean> =>
  publish(topic).then(
    () => true,
    (error: pg.DatabaseError) => {
      if (error.code !== '42501') throw error;
      return false;
    },
  );

describe('rights on the SQL door', () => {
  it('give nothing to everybody, of all that stands in the schema', async () => {
    const granted: unknown[] = await open.dataSource.query(`
      select p.oid::regprocedure::text from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
        where p.pronamespace = 'waybill'::regnamespace and a.grantee = 0
      union all
      select c.oid::regclass::text from pg_class c, aclexplode(c.relacl) a where c.relnamespace = 'waybill'::regnamespace and a.grantee = 0
      union all
      select n.nspname from pg_namespace n, aclexplode(n.nspacl) a where n.nspname = 'waybill' and a.grantee = 0`);
    expect(granted).toEqual([]);
    await expect(publish('order.a')).rejects.toMatchObject({ code: '42501', message: 'permission denied for schema waybill' });
  });

  it('give an allowed role what it was allowed, under its publisher’s name, and nothing else of the schema', async () => {
    await role.allow('order-service', ['order.*', 'exact.topic', 'pre*']);
    const allowed = ['order.a', 'order.a.b', 'exact.topic', 'pre', 'prefix.a'];
    const denied = ['order', 'orders.a', 'exact.topics', 'exact', 'Order.a', '$all', '$user.alice'];
    for (const topic of allowed) expect([topic, await mayPublish(topic)]).toEqual([topic, true]);
    for (const topic of denied) expect([topic, await mayPublish(topic)]).toEqual([topic, false]);
    expect((await open.log.read('order.a', { limit: 9 })).messages).toMatchObject([{ publisher: 'order-service' }]);
    for (const statement of [
      'select * from waybill.message',
      'select * from waybill.publish_role',
      `insert into waybill.outbox (topic, publisher, msg_id, action, payload) values ('order.a', 'root', 'm', 'a', '1')`,
      `select waybill.allow_publish('${role.name}', 'root', array['*'])`,
      `select waybill.reset_log('because')`,
      `select waybill.namespace_of('order.a')`,
    ]) {
      await expect(app.query(statement), statement).rejects.toMatchObject({ code: '42501' });
    }
  });

  it('say who may allow it, where a role was not allowed or not enough', async () => {
    await expect(publish('other.a')).rejects.toMatchObject({
      message: `The role "${role.name}" may not publish to other.a: it was allowed order.*, exact.topic, pre*. The owner of the schema waybill can allow more with waybill.allow_publish`,
      detail: 'Waybill code: PERMISSION_DENIED',
    });
    await expect(role.asOwner(`select waybill.publish('order.a', 'a', '1')`)).rejects.toMatchObject({
      message: expect.stringMatching(
        /^The role ".+" may not publish\. .* select waybill\.allow_publish\(.+, 'a-name', array\['order\.a'\]\)$/,
      ) as string,
    });
  });

  it('cover what begins with $ only where it is named', async () => {
    await role.allow('order-service', ['*']);
    expect([await mayPublish('a'), await mayPublish('$user.alice'), await mayPublish('$all')]).toEqual([true, false, false]);
    await role.allow('order-service', ['$user.*']);
    expect([await mayPublish('a'), await mayPublish('$user.alice'), await mayPublish('$all')]).toEqual([false, true, false]);
    await role.allow('order-service', ['$all', '$user.bob']);
    expect([await mayPublish('$user.alice'), await mayPublish('$user.bob'), await mayPublish('$all')]).toEqual([false, true, true]);
    await role.allow('order-service', []);
    expect(await mayPublish('a')).toBe(false);
  });

  it('are a login role’s own: what it becomes later does not matter', async () => {
    const other = await ApplicationRole.create(fresh.url);
    await other.allow('billing', ['bill.*']);
    await role.allow('order-service', ['order.*']);
    await role.asOwner(`grant "${other.name}" to "${role.name}"`);
    await app.query('begin');
    await app.query(`set local role "${other.name}"`);
    await publish('order.role');
    await app.query('commit');
    expect((await open.log.read('order.role', { limit: 9 })).messages).toMatchObject([{ publisher: 'order-service' }]);
    await other.drop();
  });

  it('are taken back whole, and again without harm', async () => {
    await role.allow('order-service', ['*']);
    expect(await mayPublish('a')).toBe(true);
    for (let times = 0; times < 2; times += 1) await role.asOwner('select waybill.disallow_publish($1)', [role.name]);
    await expect(publish('a')).rejects.toMatchObject({ message: 'permission denied for schema waybill' });
    expect((await role.asOwner('select * from waybill.publish_role where role = $1', [role.name])).rows).toEqual([]);
  });

  it.each([
    ['a role that does not exist', ['nobody at all', 'p', ['*']], '42704', /^role: there is no role "nobody at all"; create it first$/],
    ['no role', [null, 'p', ['*']], '22004', /^role, publisher and topics must be given/],
    ['no topics', ['OWN', 'p', null], '22004', /^role, publisher and topics must be given/],
    ['an empty publisher', ['OWN', '', ['*']], '22023', /^publisher: /],
    ['a publisher that looks like an API key', ['OWN', 'key:ci', ['*']], '22023', /^publisher: /],
    ['a publisher that does not show', ['OWN', 'a\u200bb', ['*']], '22023', /^publisher: /],
    ['a star in the middle', ['OWN', 'p', ['a.*.b']], '22023', /^topics: "a\.\*\.b" is no pattern/],
    ['a trailing dot', ['OWN', 'p', ['a.']], '22023', /^topics: "a\." is no pattern/],
    ['a pattern of nothing', ['OWN', 'p', [null]], '22023', /^topics: /],
    ['all of the server’s topics', ['OWN', 'p', ['$*']], '22023', /^topics: "\$\*" is no pattern/],
  ] as const)('refuse %s', async (_, values, code, message) => {
    const [who, ...others] = values;
    const allowed = role.asOwner('select waybill.allow_publish($1, $2, $3)', [who === 'OWN' ? role.name : who, ...others]);
    await expect(allowed).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string });
  });
});

describe('the table of namespaces', () => {
  const names = async (): Promise<readonly string[]> => {
    const rows: { name: string }[] = await open.dataSource.query('select name from waybill.namespace order by name');
    return rows.map(({ name }) => name);
  };
  const write = (namespaces: Readonly<Record<string, object>>): Promise<void> =>
    new NamespaceTable(open.database, Config.from({}, { messaging: { namespaces } })).write();

  it('follows the configuration of the node that starts, and forgets what vanished', async () => {
    await role.allow('order-service', ['*']);
    await write({ live: { durable: false } });
    expect(await names()).toEqual(['$all', '$canary', '$canary-stored', '$ops', '$probe', '$user', 'default', 'live']);
    await expect(publish('live.a')).rejects.toMatchObject({ code: '0A000' });
    await write({ other: {} });
    expect(await names()).toEqual(['$all', '$canary', '$canary-stored', '$ops', '$probe', '$user', 'default', 'other']);
    await publish('live.a');
  });

  it('is written by nodes that start at once', async () => {
    await Promise.all(Array.from({ length: 6 }, (_, n) => write({ a: { history_age_s: n }, b: {}, [`c${n}`]: {} })));
    expect((await names()).filter((name) => name.startsWith('c'))).toHaveLength(1);
  });

  it('is asked for before anything is published', async () => {
    await open.dataSource.query('delete from waybill.namespace');
    await expect(publish('order.a')).rejects.toMatchObject({ code: '55000', message: expect.stringMatching(/start one$/) as string });
  });
});
