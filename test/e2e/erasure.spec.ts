import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ErasureStore } from '../../src/messaging/ledger/erasure-store.js';
import { MessageLog } from '../../src/messaging/message-log.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { migratedDatabase } from '../support/migrated-database.js';
import type { TestDatabase } from '../support/postgres.js';
import { TestSocket } from '../support/socket.js';

type Rows = readonly Readonly<Record<string, unknown>>[];

const ENV = {
  WAYBILL_LEDGER_CHECKPOINT_MS: '400',
  WAYBILL_LEDGER_FLUSH_MS: '20',
  // Server topics wait for a `resume` frame that never comes, as they do for the first second of a connection.
  WAYBILL_RESUME_WAIT_MS: '10000',
  WAYBILL_CLOSE_TIMEOUT_MS: '1000',
};
const KINDS = ['receipt', 'ledger_fetch', 'ledger_connection', 'ledger_refusal'];

/** What somebody may do, or be given, on a connection that an erasure ends, while that is under way. */
type Doing = (alice: TestSocket, gateway: TestGateway) => Promise<unknown>;
const publish = (gateway: TestGateway, topic: string): Promise<unknown> =>
  gateway.rest('POST', `/api/v1/topics/${topic}/messages`, { action: 'said', data: 1 });
const DOINGS: readonly (readonly [string, Doing])[] = [
  ['is given nothing more', () => Promise.resolve()],
  [
    'is given a message of a topic that it waits to resume',
    (_, gateway) => gateway.rest('POST', '/api/v1/users/alice/messages', { action: 'note', data: 2 }),
  ],
  ['resumes what waited for it', (alice) => alice.request('resume', { topics: [] })],
  [
    'subscribes to another topic and is given a message',
    async (alice, gateway) => {
      await alice.request('topic.subscribe', { topics: [{ topic: 'room.late' }] });
      await publish(gateway, 'room.late');
      await alice.untilMessages('room.late', 1);
    },
  ],
  [
    'subscribes again to what it has',
    async (alice, gateway) => {
      await alice.request('topic.subscribe', { topics: [{ topic: 'room.a', since: { epoch: 'none', seq: 0 } }] });
      await publish(gateway, 'room.a');
    },
  ],
  [
    'sees a topic begin again',
    async (alice, gateway) => {
      await gateway.rest('DELETE', '/api/v1/topics/room.a');
      await alice.find(({ action }) => action === 'topic.reset');
      await publish(gateway, 'room.a');
      await alice.untilMessages('room.a', 2);
    },
  ],
  ['reads history', (alice) => alice.request('topic.history', { topic: 'room.a' })],
  ['is refused', (alice) => alice.request('topic.subscribe', { topics: [{ topic: 'secret.a' }] })],
  ['publishes', (alice) => alice.request('topic.publish', { topic: 'room.a', action: 'said', data: 'late' })],
];

describe('an erasure', () => {
  let database: TestDatabase;
  let client: pg.Client;
  let gateways: TestGateway[];
  const rows = async (text: string): Promise<Rows> => (await client.query<Record<string, unknown>>(text)).rows;

  beforeEach(async () => {
    database = await migratedDatabase();
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
    gateways = [];
  });

  afterEach(async () => {
    await client.end();
    for (const gateway of gateways) await gateway.stop();
    await database.drop();
  });

  async function node(env: Readonly<Record<string, string>> = {}): Promise<TestGateway> {
    const gateway = await startGateway({ database, env: { ...ENV, ...env } });
    gateways.push(gateway);
    return gateway;
  }

  const partOf = <T extends object>(gateway: TestGateway, token: abstract new (...parameters: never[]) => T): T =>
    gateway.gateway.app.get<T>(token, { strict: false });

  async function connect(gateway: TestGateway): Promise<TestSocket> {
    const grants = { topics: { subscribe: ['room.*'], publish: ['room.*'] } };
    const alice = await TestSocket.connect(gateway.port, await gateway.token('alice', grants));
    await alice.request('topic.subscribe', { topics: [{ topic: 'room.a' }] });
    await publish(gateway, 'room.a');
    await alice.untilMessages('room.a', 1);
    // The first message of a topic that she waits to resume is recorded, and begins an epoch that she has not been told of.
    await gateway.rest('POST', '/api/v1/users/alice/messages', { action: 'note', data: 1 });
    await expect.poll(() => rows(`select user_id from waybill.receipt where user_id = 'alice'`), { timeout: 5_000 }).not.toEqual([]);
    return alice;
  }

  const erase = (gateway: TestGateway): Promise<unknown> =>
    gateway.rest('POST', '/api/v1/ops/erasures', { user: 'alice' }).then(({ status, body }) => ({ status, ...(body.data as object) }));

  /** After whatever waits has been recorded. */
  async function remains(): Promise<Rows> {
    await sleep(1_000);
    const found: Rows[] = [];
    for (const kind of KINDS) found.push(await rows(`select '${kind}' as recorded_in, t.* from waybill.${kind} t where user_id = 'alice'`));
    const messages = await rows(
      `select payload, origin from waybill.message where publisher = 'alice' and (payload <> 'null' or origin is not null)`,
    );
    return [...found.flat(), ...messages];
  }

  /** Interrupts the erasures of a node right after they have begun, before anybody is asked to leave. */
  function whenBegun(gateway: TestGateway, work: () => Promise<unknown>): void {
    const store = partOf(gateway, ErasureStore);
    const begin = store.begin.bind(store);
    vi.spyOn(store, 'begin').mockImplementationOnce(async (user) => {
      const at = await begin(user);
      await sleep(5);
      await work();
      return at;
    });
  }

  it.each(DOINGS)('leaves nothing of a connection that %s while it is under way', async (_, doing) => {
    const gateway = await node();
    const alice = await connect(gateway);
    whenBegun(gateway, () =>
      doing(alice, gateway).catch((error: unknown) => {
        // The checkpoint that this node came to meanwhile has ended the connection.
        if (alice.socket.readyState !== alice.socket.CLOSED) throw error;
      }),
    );
    expect(await erase(gateway)).toMatchObject({ status: 200, disconnected: 1 });
    expect(await remains()).toEqual([]);
    expect((await gateway.rest('GET', '/api/v1/ops/refusals?user=alice')).body.data).toMatchObject({ items: [] });
  });

  it('keeps what the user does on a connection of after its beginning, even while it is under way', async () => {
    const gateway = await node();
    await connect(gateway);
    let again: TestSocket | undefined;
    whenBegun(gateway, async () => {
      again = await TestSocket.connect(
        gateway.port,
        await gateway.token('alice', { topics: { subscribe: ['room.*'], publish: ['room.*'] } }),
      );
      await again.request('topic.subscribe', { topics: [{ topic: 'room.b' }] });
      await again.request('topic.history', { topic: 'room.a' });
      await again.request('topic.subscribe', { topics: [{ topic: 'secret.a' }] });
      await again.request('topic.publish', { topic: 'room.b', action: 'said', data: 'kept' });
      await again.untilMessages('room.b', 1);
    });
    expect(await erase(gateway)).toMatchObject({ status: 200, disconnected: 1 });
    await again?.close();
    await expect
      .poll(async () => (await remains()).map((row) => row['recorded_in'] ?? row['payload']).toSorted())
      .toEqual(['"kept"', 'ledger_connection', 'ledger_fetch', 'ledger_refusal', 'receipt']);
    const closed = await gateway.rest('GET', '/api/v1/ops/connections?state=closed&user=alice');
    expect(closed.body.data).toMatchObject({ items: [{ close: { code: 1000 } }] });
  });

  it('waits for a publish that the user began before, and empties it', async () => {
    const gateway = await node();
    const alice = await connect(gateway);
    const log = partOf(gateway, MessageLog);
    const append = log.appendFree.bind(log);
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const appending = vi.spyOn(log, 'appendFree').mockImplementationOnce(async (drafts) => {
      await gate;
      return append(drafts);
    });
    const [before] = await rows('select count(*)::int as messages from waybill.message');
    alice.send({ msg_id: 'm-1', action: 'topic.publish', data: { topic: 'room.a', action: 'said', data: 'in flight' } });
    await expect.poll(() => appending.mock.calls.length).toBe(1);
    // A connection that is gone may have left work behind, too.
    alice.socket.terminate();
    await expect.poll(async () => (await gateway.rest('GET', '/api/v1/ops/connections?user=alice')).body.data).toMatchObject({ items: [] });
    const erased = erase(gateway);
    await sleep(300);
    release();
    expect(await erased).toMatchObject({ status: 200, payloads: 1 });
    expect(await rows('select count(*)::int as messages from waybill.message')).toEqual([{ messages: Number(before?.['messages']) + 1 }]);
    expect(await remains()).toEqual([]);
  });

  it('remembers nothing of a connection that ends after it, because its peer did not answer', async () => {
    const gateway = await node();
    const alice = await connect(gateway);
    alice.socket.pause();
    expect(await erase(gateway)).toMatchObject({ status: 200, disconnected: 1 });
    const left = async (state: string): Promise<unknown> =>
      ((await gateway.rest('GET', `/api/v1/ops/connections?state=${state}&user=alice`)).body.data as { items: readonly unknown[] }).items;
    expect(await left('open')).toHaveLength(1);
    await expect.poll(() => left('open'), { timeout: 5_000 }).toEqual([]);
    expect(await left('closed')).toEqual([]);
    expect(await remains()).toEqual([]);
    alice.socket.terminate();
  });

  it('reaches the user on another node, and claims nothing of what they were given there until they had left', async () => {
    const [here, there] = [
      await node({ WAYBILL_NODE_ID: 'here' }),
      await node({ WAYBILL_NODE_ID: 'there', WAYBILL_LEDGER_CHECKPOINT_MS: '1500' }),
    ];
    const alice = await connect(there);
    await there.rest('POST', '/api/v1/topics/room.a/messages', { action: 'said', data: 2 });
    expect(await erase(here)).toMatchObject({ status: 200, disconnected: 0 });
    await there.rest('POST', '/api/v1/topics/room.a/messages', { action: 'said', data: 3 });
    const [, , late] = await alice.untilMessages('room.a', 3);
    expect(await alice.closed).toMatchObject({ code: 4400 });
    expect(await remains()).toEqual([]);
    for (const gateway of [here, there]) {
      const closed = await gateway.rest('GET', '/api/v1/ops/connections?state=closed&user=alice');
      expect(closed.body.data).toMatchObject({ items: [] });
      const why = await gateway.rest('GET', `/api/v1/ops/explain?user=alice&topic=room.a&seq=${String(late?.['seq'])}`);
      expect(why.body.data).toMatchObject({ outcome: 'unknown', answer: expect.stringContaining('alice was erased') as string });
    }
  });
});
