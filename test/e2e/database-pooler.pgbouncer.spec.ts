import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readBudget } from '../../src/storage/connection-budget.js';
import { Database } from '../../src/storage/database.js';
import { prepareDatabase } from '../../src/storage/prepare-database.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { PgBouncer } from '../support/pgbouncer.js';
import { freshDatabase, type TestDatabase } from '../support/postgres.js';
import { TestSocket } from '../support/socket.js';

const PATIENCE = { timeout: 30_000, interval: 20 };
const CONNECT_TIMEOUT_MS = 5_000;

describe('a gateway behind PgBouncer in transaction mode', { timeout: 120_000 }, () => {
  let fresh: TestDatabase;
  let pooler: PgBouncer;
  let nodes: readonly TestGateway[] = [];
  let direct: pg.Client;

  beforeAll(async () => {
    fresh = await freshDatabase();
    pooler = await PgBouncer.before(fresh.url);
    direct = new pg.Client({ connectionString: fresh.url });
    await direct.connect();
    const database = { url: pooler.url, drop: () => Promise.resolve() };
    // At once, so that each must wait for the other's migrations.
    nodes = await Promise.all([startGateway({ database }), startGateway({ database })]);
  });

  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.stop()));
    await direct.end();
    await pooler.stop();
    await fresh.drop();
  });

  const publish = (node: TestGateway | undefined, topic: string, msgId: string) =>
    (node as TestGateway).rest('POST', `/api/v1/topics/${topic}/messages`, { action: 'note', data: msgId, msg_id: msgId });
  const advisoryLocks = async (granted: boolean): Promise<number> => {
    const text = `select count(*)::int as n from pg_locks l join pg_database d on d.oid = l.database
                    where locktype = 'advisory' and datname = current_database() and granted = $1`;
    return (await direct.query<{ n: number }>(text, [granted])).rows[0]?.n as number;
  };

  it('has migrated once, and left no lock behind', async () => {
    const { rows } = await direct.query<{ n: number }>(
      'select count(*)::int as n, count(distinct name)::int as names from waybill.migrations',
    );
    expect(rows[0]).toMatchObject({ n: (rows[0] as unknown as { names: number }).names });
    expect(rows[0]?.n).toBeGreaterThan(0);
    expect(await advisoryLocks(true)).toBe(0);
  });

  it('stores, recognises repeats on either node, reads, and delivers', async () => {
    const socket = await TestSocket.connect(nodes[0]?.port as number, await (nodes[0] as TestGateway).token('alice'));
    await socket.request('topic.subscribe', { topics: [{ topic: 'pool.a' }] });
    const topics = ['pool.a', 'pool.b', 'pool.c', 'pool.d', 'pool.e'];
    const sent = topics.flatMap((topic) => Array.from({ length: 40 }, (_, n) => [topic, `m-${n}`] as const));
    const stored = await Promise.all(sent.map(([topic, id], index) => publish(nodes[index % 2], topic, id)));
    expect(new Set(stored.map(({ body }) => body.code))).toEqual(new Set(['OK']));
    const repeats = await Promise.all(sent.map(([topic, id], index) => publish(nodes[(index + 1) % 2], topic, id)));
    expect(repeats.map(({ body }) => body.data)).toMatchObject(
      stored.map(({ body }) => ({ duplicate: true, seq: (body.data as { seq: number }).seq })),
    );
    for (const topic of topics) {
      const page = await (nodes[1] as TestGateway).rest('GET', `/api/v1/topics/${topic}/messages?limit=100`);
      const { messages } = page.body.data as { messages: readonly { seq: number }[] };
      expect(messages.map(({ seq }) => seq)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
    }
    expect((await socket.request('topic.publish', { topic: 'pool.a', action: 'note', data: 1 }))['code']).toBe('OK');
    await socket.untilMessages('pool.a', 41, PATIENCE.timeout);
    await socket.close();
  });

  it('lets one migrate at a time', async () => {
    const first = await prepareDatabase(pooler.url, CONNECT_TIMEOUT_MS);
    const second = prepareDatabase(pooler.url, CONNECT_TIMEOUT_MS);
    await vi.waitFor(async () => expect(await advisoryLocks(false)).toBe(1), PATIENCE);
    expect(await advisoryLocks(true)).toBe(1);
    await first.release();
    await (await second).release();
    await vi.waitFor(async () => expect(await advisoryLocks(true)).toBe(0), PATIENCE);
  });

  it('has the deadlines of the documented configuration in the server', async () => {
    const database = (nodes[0] as TestGateway).gateway.app.get(Database, { strict: false });
    await expect(database.query('sleep', { text: 'select pg_sleep(60)' })).rejects.toMatchObject({ kind: 'rejected', sqlState: '57014' });
    expect(await database.query('show', { text: 'show idle_in_transaction_session_timeout' })).toEqual([['2s']]);
  });

  it('is known as one, so that the server’s figures are not taken for its own', async () => {
    const client = new pg.Client({ connectionString: pooler.url });
    await client.connect();
    expect((await readBudget(client)).pooled).toBe(true);
    await client.end();
    expect((await readBudget(direct)).pooled).toBe(false);
  });

  it('keeps what it acknowledged while PgBouncer is killed and started again under load, and goes on', async () => {
    const acknowledged = new Map<string, number>();
    let going = true;
    let refused = 0;
    const publisher = async (lane: number): Promise<void> => {
      for (let n = 0; going; n += 1) {
        const id = `r-${lane}-${n}`;
        const { body } = await publish(nodes[lane % 2], `restart.t${lane}`, id);
        if (body.code === 'OK') acknowledged.set(id, (body.data as { seq: number }).seq);
        else {
          expect(['UNAVAILABLE', 'UNKNOWN_OUTCOME']).toContain(body.code);
          refused += 1;
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      }
    };
    const publishers = Promise.all([0, 1, 2, 3].map(publisher));
    await vi.waitFor(() => expect(acknowledged.size).toBeGreaterThan(200), PATIENCE);
    await pooler.kill();
    await vi.waitFor(() => expect(refused).toBeGreaterThan(0), PATIENCE);
    const before = acknowledged.size;
    await pooler.start();
    await vi.waitFor(() => expect(acknowledged.size).toBeGreaterThan(before + 200), PATIENCE);
    going = false;
    await publishers;
    for (const lane of [0, 1, 2, 3]) {
      const { rows } = await direct.query<{ seq: string; msg_id: string }>(
        'select m.seq, m.msg_id from waybill.message m join waybill.topic t on t.id = m.topic_id where t.name = $1 order by m.seq',
        [`restart.t${lane}`],
      );
      expect(rows.map(({ seq }) => Number(seq))).toEqual(rows.map((_, index) => index + 1));
      const seqs = new Map(rows.map(({ msg_id: id, seq }) => [id, Number(seq)]));
      expect(seqs.size).toBe(rows.length);
      for (const [id, seq] of acknowledged) if (id.startsWith(`r-${lane}-`)) expect(seqs.get(id)).toBe(seq);
    }
  });
});
