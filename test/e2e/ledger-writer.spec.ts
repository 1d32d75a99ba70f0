import { createHash } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { freshDatabase, type TestDatabase } from '../support/postgres.js';
import { TestSocket } from '../support/socket.js';

type Rows = readonly Readonly<Record<string, unknown>>[];

describe('what a gateway records of deliveries', () => {
  let database: TestDatabase;
  let gateway: TestGateway;
  let client: pg.Client;
  let alice: TestSocket;
  const rows = async (text: string): Promise<Rows> => (await client.query<Record<string, unknown>>(text)).rows;
  const receiptsOf = (user: string, topic: string): Promise<Rows> =>
    rows(`select r.written::int, r.head::int, r.closed_at is not null as closed from waybill.receipt r
            join waybill.ledger_stream s on s.id = r.stream where r.user_id = '${user}' and s.topic = '${topic}' order by r.no`);

  beforeAll(async () => {
    database = await freshDatabase();
    // Server topics wait all the while for a `resume` frame, so that no test depends on whether they still do.
    const env = { WAYBILL_LEDGER_CHECKPOINT_MS: '100', WAYBILL_LEDGER_FLUSH_MS: '20', WAYBILL_RESUME_WAIT_MS: '10000' };
    gateway = await startGateway({ database, env });
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
    alice = await TestSocket.connect(gateway.port, await gateway.token('alice'));
  });

  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  it('is nothing of a connection that was given nothing', async () => {
    await alice.request('topic.subscribe', { topics: [{ topic: 'room.a' }] });
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(await rows('select no from waybill.receipt')).toEqual([]);
  });

  it('is a receipt, once something was sent, and its end', async () => {
    const bob = await TestSocket.connect(gateway.port, await gateway.token('bob'));
    await bob.request('topic.subscribe', { topics: [{ topic: 'room.a' }] });
    await alice.request('topic.publish', { topic: 'room.a', action: 'said', data: 'hello' });
    await bob.untilMessages('room.a', 1);
    await expect.poll(() => receiptsOf('bob', 'room.a')).toEqual([{ written: null, head: null, closed: false }]);
    await bob.close();
    await expect.poll(() => receiptsOf('bob', 'room.a')).toEqual([{ written: 1, head: 1, closed: true }]);
    await expect
      .poll(() => rows(`select user_id, code from waybill.ledger_connection where user_id = 'bob'`))
      .toEqual([{ user_id: 'bob', code: 1000 }]);
  });

  it('keeps with a message where it came from, and tells no subscriber', async () => {
    const [socket] = await rows(`select origin from waybill.message where publisher = 'alice'`);
    expect(socket?.['origin']).toMatch(/^[0-9a-f-]{36} 127\.0\.0\.1$/);
    await gateway.rest('POST', '/api/v1/topics/room.a/messages', { action: 'said', data: 1 });
    await expect.poll(() => rows(`select origin from waybill.message where door = 'rest'`)).toEqual([{ origin: '- 127.0.0.1' }]);
    const [first] = await alice.untilMessages('room.a', 2);
    expect(JSON.stringify(first)).not.toContain('127.0.0.1');
  });

  it('is erased with the user, who may be connected and may come back', async () => {
    await gateway.rest('POST', '/api/v1/users/alice/messages', { action: 'note', data: 'for alice' });
    await expect.poll(() => receiptsOf('alice', '$user.alice')).toHaveLength(1);
    const answer = await gateway.rest('POST', '/api/v1/ops/erasures', { user: 'alice' });
    const hash = createHash('sha256').update('alice').digest('hex');
    expect(answer).toMatchObject({ status: 200, body: { data: { user_hash: hash, payloads: 1, topic: true, disconnected: 1 } } });
    await new Promise((resolve) => setTimeout(resolve, 400));
    const left = await rows(`select s.topic, r.no::int, r.opened_at - e.begun_at as opened_after, r.closed_at is not null as closed
      from waybill.receipt r join waybill.ledger_stream s on s.id = r.stream cross join waybill.ledger_erasure e where r.user_id = 'alice'`);
    expect(left).toEqual([]);
    for (const table of ['ledger_fetch', 'ledger_connection', 'ledger_refusal'])
      expect(await rows(`select user_id from waybill.${table} where user_id = 'alice'`), table).toEqual([]);
    expect(await rows(`select payload, origin from waybill.message where publisher = 'alice'`)).toEqual([
      { payload: 'null', origin: null },
    ]);
    const lists = await gateway.rest('GET', '/api/v1/ops/connections?state=closed&user=alice');
    expect(lists.body.data).toMatchObject({ items: [] });
    const trail = await rows(`select target, after::text as after from waybill.audit where action = 'user.erase'`);
    expect(trail).toMatchObject([{ target: `sha256:${hash}` }]);
    expect(JSON.stringify(trail)).not.toContain('alice');

    const again = await TestSocket.connect(gateway.port, await gateway.token('alice'));
    await again.request('topic.subscribe', { topics: [{ topic: 'room.b' }] });
    await gateway.rest('POST', '/api/v1/topics/room.b/messages', { action: 'said', data: 2 });
    await expect.poll(() => receiptsOf('alice', 'room.b')).toHaveLength(1);
    await again.close();
    expect((await gateway.rest('POST', '/api/v1/ops/erasures', { user: '' })).body).toMatchObject({ code: 'BAD_REQUEST', field: 'user' });
  });

  it('is complete when the gateway has stopped: every receipt is closed, and its run has ended', async () => {
    const carol = await TestSocket.connect(gateway.port, await gateway.token('carol'));
    await carol.request('topic.subscribe', { topics: [{ topic: 'room.c' }] });
    await gateway.rest('POST', '/api/v1/topics/room.c/messages', { action: 'said', data: 3 });
    await carol.untilMessages('room.c', 1);
    await gateway.stop();
    expect(await receiptsOf('carol', 'room.c')).toEqual([{ written: 1, head: 1, closed: true }]);
    expect(await rows('select 1 from waybill.receipt where closed_at is null')).toEqual([]);
    expect(await rows('select ended_at is not null as ended, lost_at from waybill.ledger_run')).toEqual([{ ended: true, lost_at: null }]);
  });
});
