import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { draftOf } from '../../../test/conformance/message-log.suite.js';
import { openMessageLog, type OpenLog } from '../../../test/conformance/open-message-log.js';
import { ApplicationRole } from '../../../test/support/application-role.js';
import { freshDatabase, type TestDatabase } from '../../../test/support/postgres.js';
import { Config } from '../../config/config.js';
import type { Message } from '../../messaging/message.js';
import { NamespaceTable } from './namespace-table.js';

const CONFIG = Config.from({}, { messaging: { namespaces: { live: { durable: false }, small: { max_payload_bytes: 20 } } } });

let fresh: TestDatabase;
let open: OpenLog;
let role: ApplicationRole;
let app: pg.Client;

beforeAll(async () => {
  fresh = await freshDatabase();
  open = await openMessageLog(fresh.url, CONFIG);
  await new NamespaceTable(open.database, CONFIG).write();
  role = await ApplicationRole.create(fresh.url);
  await role.allow('order-service', ['*', '$user.*']);
  app = await role.connect();
});
afterAll(async () => {
  await role.drop();
  await open.close();
  await fresh.drop();
});

const publish = (client: pg.Client, topic: string, data: string, msgId: string | null = null): Promise<unknown> =>
  client.query('select waybill.publish($1, $2, $3, $4)', [topic, 'order.paid', data, msgId]);

const stored = async (topic: string): Promise<readonly Message[]> => (await open.log.read(topic, { limit: 1_000 })).messages;
const payloads = async (topic: string): Promise<readonly string[]> => (await stored(topic)).map((message) => message.dataText);

/** Runs work in a transaction; answers what the commit failed with. */
async function transaction(client: pg.Client, work: () => Promise<void>, begin = 'begin'): Promise<pg.DatabaseError | undefined> {
  await client.query(begin);
  try {
    await work();
    await client.query('commit');
    return undefined;
  } catch (error) {
    await client.query('rollback');
    return error as pg.DatabaseError;
  }
}

describe('waybill.publish', () => {
  it('stores nothing until the commit, then everything in order and from the sql door', async () => {
    const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const before = Date.now();
    await transaction(app, async () => {
      for (let n = 1; n <= 20; n += 1) await publish(app, n % 2 === 0 ? 'order.b' : 'order.a', String(n));
      await app.query('select waybill.publish(topic => $1, action => $2, data => $3, traceparent => $4)', ['order.a', 'x', '21', trace]);
      expect(await stored('order.a')).toEqual([]);
    });
    expect(await payloads('order.b')).toEqual(['2', '4', '6', '8', '10', '12', '14', '16', '18', '20']);
    const messages = await stored('order.a');
    expect(messages.map(({ seq, dataText }) => [seq, dataText])).toEqual(
      [1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21].map((n, i) => [i + 1, String(n)]),
    );
    expect(messages[0]).toMatchObject({ publisher: 'order-service', door: 'sql', action: 'order.paid', trace: undefined });
    expect(messages[0]?.msgId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(Number.parseInt(messages[0]?.msgId.replace('-', '').slice(0, 12) ?? '', 16)).toBeGreaterThan(before - 60_000);
    expect(messages.at(-1)).toMatchObject({ action: 'x', trace });
  });

  it('leaves nothing of a rollback, nor of what a savepoint takes back', async () => {
    await app.query('begin');
    await publish(app, 'order.gone', '1');
    await app.query('rollback');
    const failure = await transaction(app, async () => {
      await publish(app, 'order.saved', '"before"');
      await app.query('savepoint s');
      await publish(app, 'order.saved', '"taken back"');
      await publish(app, 'order.gone', '2');
      await app.query('rollback to savepoint s');
      await publish(app, 'order.saved', '"after"');
    });
    expect(failure).toBeUndefined();
    expect(await payloads('order.saved')).toEqual(['"before"', '"after"']);
    expect(await stored('order.gone')).toEqual([]);
    expect(await open.dataSource.query('select * from waybill.outbox')).toEqual([]);
  });

  it('keeps any JSON as the text that it is', async () => {
    const texts = [
      'null',
      '"\\u0000"',
      '"\\ud800"',
      '{"a": 1,  "a":2}',
      '1.0e400',
      '12345678901234567890',
      'true',
      '[ ]',
      '"{[\\"{["',
      '"🦊"',
    ];
    await transaction(app, async () => {
      for (const text of texts) await publish(app, 'order.json', text);
    });
    expect(await payloads('order.json')).toEqual(texts);
  });

  it('commits a repeat quietly, and fails the commit where the body is another one', async () => {
    const once = (body: string): Promise<pg.DatabaseError | undefined> =>
      transaction(app, async () => {
        await app.query('create temp table if not exists paid (id int)');
        await app.query('insert into paid values (1)');
        await publish(app, 'order.once', body, 'order-1-paid');
      });
    expect(await once('1')).toBeUndefined();
    expect(await once('1')).toBeUndefined();
    const conflict = await once('2');
    expect(conflict).toMatchObject({ code: '23505', detail: 'Waybill code: CONFLICT' });
    expect(conflict?.message).toMatch(
      /^msg_id: "order-1-paid" was used for another message of order\.once, at epoch \S+ seq 1; use a new one/,
    );
    expect((await app.query('select * from paid')).rowCount).toBe(2);
    expect(await payloads('order.once')).toEqual(['1']);
    const within = await transaction(app, async () => {
      await publish(app, 'order.twice', '1', 'same');
      await publish(app, 'order.twice', '2', 'same');
    });
    expect(within?.message).toMatch(/"same" was used for another message of order\.twice/);
    expect(await stored('order.twice')).toEqual([]);
  });

  it('knows the repeats of the other doors of the same publisher, and they know its own', async () => {
    await publish(app, 'order.doors', '1', 'shared');
    const draft = { ...draftOf('order.doors'), publisher: 'order-service', action: 'order.paid', dataText: '1', msgId: 'shared' };
    expect(await open.log.append([draft])).toMatchObject([{ kind: 'duplicate', position: { seq: 1 } }]);
  });

  it('does not hold a topic while its transaction works', async () => {
    const failure = await transaction(app, async () => {
      await publish(app, 'order.free', '"mine"');
      expect(await open.log.append([{ ...draftOf('order.free'), dataText: '"theirs"' }])).toMatchObject([
        { kind: 'stored', position: { seq: 1 } },
      ]);
    });
    expect(failure).toBeUndefined();
    expect(await payloads('order.free')).toEqual(['"theirs"', '"mine"']);
  });

  it('waits for a topic that is locked, but not for ever', { timeout: 60_000 }, async () => {
    await publish(app, 'order.busy', '1');
    const holder = new pg.Client({ connectionString: fresh.url });
    await holder.connect();
    try {
      const hold = async (): Promise<void> => {
        await holder.query('begin');
        await holder.query(`select from waybill.topic where name = 'order.busy' for update`);
      };
      await hold();
      await app.query('begin');
      await publish(app, 'order.busy', '2');
      const commit = app.query('commit');
      // Longer than the append's own lock timeout, so a repeat is what succeeds.
      await new Promise((resolve) => setTimeout(resolve, 700));
      await holder.query('commit');
      await commit;
      expect(await payloads('order.busy')).toEqual(['1', '2']);
      await hold();
      const failure = await transaction(app, async () => void (await publish(app, 'order.busy', '3')));
      expect(failure).toMatchObject({ code: '55P03', detail: 'Waybill code: UNAVAILABLE' });
      expect(failure?.message).toMatch(/order\.busy.* stayed locked .* Run the transaction again$/);
      await holder.query('commit');
      expect(await payloads('order.busy')).toEqual(['1', '2']);
    } finally {
      await holder.end();
    }
  });

  it('does not lock crosswise with transactions that name the same topics in another order', { timeout: 60_000 }, async () => {
    const clients = await Promise.all(Array.from({ length: 4 }, () => role.connect()));
    const rounds = 15;
    await Promise.all(
      clients.map(async (client, who) => {
        for (let round = 0; round < rounds; round += 1) {
          const topics = ['cross.a', 'cross.b', 'cross.c'];
          if (who % 2 === 0) topics.reverse();
          const failure = await transaction(client, async () => {
            for (const topic of topics) await publish(client, topic, `[${who},${round}]`);
          });
          expect(failure).toBeUndefined();
        }
      }),
    );
    for (const topic of ['cross.a', 'cross.b', 'cross.c']) {
      const messages = await stored(topic);
      expect(messages.map(({ seq }) => seq)).toEqual(Array.from({ length: clients.length * rounds }, (_, n) => n + 1));
      expect(new Set(messages.map(({ dataText }) => dataText)).size).toBe(clients.length * rounds);
    }
  });

  it.each(['repeatable read', 'serializable'])('works in %s, and fails with 40001 where the topic has moved on', async (level) => {
    const topic = `order.${level.replace(' ', '-')}`;
    const work = (): Promise<pg.DatabaseError | undefined> =>
      transaction(app, async () => void (await publish(app, topic, '1', 'm')), `begin isolation level ${level}`);
    expect(await work()).toBeUndefined();
    expect(await work()).toBeUndefined();
    const moved = await transaction(
      app,
      async () => {
        await app.query('select 1');
        await publish(app, topic, '2');
        await open.log.append([draftOf(topic)]);
      },
      `begin isolation level ${level}`,
    );
    expect(moved).toMatchObject({ code: '40001' });
    expect(await payloads(topic)).toHaveLength(2);
  });

  it('is on disk when the commit answers, whatever the application set', async () => {
    await app.query('begin');
    await app.query('set local synchronous_commit = off');
    await app.query('set constraints all immediate');
    await publish(app, 'order.durable', '1');
    expect((await app.query<{ value: string }>(`select current_setting('synchronous_commit') as value`)).rows[0]?.value).toBe('on');
    await app.query('commit');
    expect(await payloads('order.durable')).toEqual(['1']);
  });

  it('is not led astray by tables and paths of the application', async () => {
    await app.query('begin');
    await app.query('create temp table outbox (topic text)');
    await app.query('create temp table namespace (name text)');
    await app.query('set local search_path = pg_temp, public');
    await publish(app, 'order.path', '1');
    await app.query('commit');
    expect(await stored('order.path')).toMatchObject([{ publisher: 'order-service', dataText: '1' }]);
  });

  it('carries thousands of messages in one transaction', { timeout: 60_000 }, async () => {
    const count = 5_000;
    await app.query(`select waybill.publish('many.' || n % 50, 'n', to_json(n)) from generate_series(1, $1::int) n order by n`, [count]);
    const numbers = (await payloads('many.7')).map(Number);
    expect(numbers).toEqual(Array.from({ length: count / 50 }, (_, n) => n * 50 + 7));
  });

  it('takes the topic of a user by the name that the other doors give it', async () => {
    await app.query(`select waybill.publish(waybill.user_topic($1), 'note', '1')`, ['carol/ö']);
    expect(await payloads('$user.carol~2f~c3~b6')).toEqual(['1']);
  });
});

describe('waybill.publish refuses', () => {
  const deep = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;

  it.each([
    ['no topic', [null, 'a', '1', null], '22004', /^topic: is null/],
    ['no action', ['order.a', null, '1', null], '22004', /^action: is null/],
    ['no data', ['order.a', 'a', null, null], '22004', /^data: is null, .*'null'::json/],
    ['data that is no JSON', ['order.a', 'a', '{', null], '22P02', /json/],
    ['a name that is no topic', ['order..a', 'a', '1', null], '22023', /^topic: "order\.\.a" is no topic name/],
    ['a topic of another line', ['order.a\n', 'a', '1', null], '22023', /^topic: /],
    ['a topic that is too long', ['o'.repeat(129), 'a', '1', null], '22023', /^topic: /],
    ['another name of a user’s topic', ['$user.~61', 'a', '1', null], '22023', /^topic: /],
    ['a topic of bytes that are no text', ['$user.~ff', 'a', '1', null], '22023', /^topic: /],
    ['a topic of the server’s', ['$presence', 'a', '1', null], '22023', /^topic: /],
    ['a broadcast that was not allowed', ['$all', 'a', '1', null], '42501', /may not publish to \$all: it was allowed \*, \$user\.\*/],
    ['a reserved action', ['order.a', 'topic.publish', '1', null], '22023', /^action: "topic\.publish" is the server's/],
    ['the name of a built-in action', ['order.a', 'ping', '1', null], '22023', /^action: /],
    ['an action with spaces', ['order.a', 'a b', '1', null], '22023', /^action: must be up to 64/],
    ['an action that is too long', ['order.a', 'a'.repeat(65), '1', null], '22023', /^action: must be up to 64/],
    ['an empty msg_id', ['order.a', 'a', '1', ''], '22023', /^msg_id: /],
    ['a msg_id that is too long', ['order.a', 'a', '1', '🦊'.repeat(33)], '22023', /^msg_id: /],
    ['a msg_id with a control character', ['order.a', 'a', '1', 'a\u0007'], '22023', /^msg_id: /],
    ['an ephemeral namespace', ['live.a', 'a', '1', null], '0A000', /^topic: the namespace of live\.a is ephemeral/],
    [
      'a payload over its namespace’s limit',
      ['small.a', 'a', `"${'x'.repeat(19)}"`, null],
      '54000',
      /^data: 21 bytes; namespace small takes at most 20/,
    ],
    ['a payload over the frame limit', ['order.a', 'a', `"${'x'.repeat(65_535)}"`, null], '54000', /^data: 65537 bytes; .* 65536/],
    ['a payload that nests too deep', ['order.a', 'a', deep(32), null], '54000', /^data: nests deeper than 31 levels/],
  ] as const)('%s', async (_, values, code, message) => {
    const refused = app.query('select waybill.publish($1, $2, $3, $4)', [...values]);
    await expect(refused).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string });
  });

  it('nothing that is just within the limits', async () => {
    const action = `a${'.'.repeat(63)}`;
    const longest = `"${'x'.repeat(65_534)}"`;
    await transaction(app, async () => {
      await app.query('select waybill.publish($1, $2, $3, $4)', ['edge.a', action, deep(31), '🦊'.repeat(32)]);
      await app.query('select waybill.publish($1, $2, $3, $4)', ['edge.a', 'a', longest, 'm'.repeat(64)]);
      await app.query('select waybill.publish($1, $2, $3)', ['t'.repeat(128), 'a', '{"a":"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["}']);
      await app.query(`select waybill.publish('edge.a', 'a', '3', traceparent => 'nonsense')`);
    });
    expect(await stored('edge.a')).toMatchObject([
      { action, dataText: deep(31) },
      { dataText: longest },
      { dataText: '3', trace: undefined },
    ]);
  });
});
