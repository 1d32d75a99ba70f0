import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandLine } from '../support/command-line.js';
import { startGateway, TEST_API_KEY, TEST_JWT_SECRET, type TestGateway } from '../support/gateway.js';
import { freshDatabase, type TestDatabase } from '../support/postgres.js';
import { RawWebSocket, textFrameOf } from '../support/raw-websocket.js';
import { SecretMarks } from '../support/secret-marks.js';
import { TestSocket } from '../support/socket.js';

interface Event {
  readonly at: number;
  readonly kind: string;
  readonly detail?: string | number;
}
interface Story extends Readonly<Record<string, unknown>> {
  readonly id: string;
  readonly ref: string;
  readonly user?: string;
  readonly closed_at?: number;
  readonly events: readonly Event[];
}
interface List {
  readonly items: readonly Story[];
  readonly complete: boolean;
}

const GRANTS = { topics: { subscribe: ['chat.*', 'prices.*'], publish: ['chat.*'] } };
const marks = new SecretMarks();
/** Everything that somebody may read of connections. */
const shown: string[] = [];

let database: TestDatabase;
let gateway: TestGateway;

const start = (): Promise<TestGateway> =>
  startGateway({
    database,
    env: {
      WAYBILL_QUEUE_MESSAGES: '200',
      WAYBILL_CLOSE_TIMEOUT_MS: '200',
      WAYBILL_PING_INTERVAL_MS: '100',
      WAYBILL_STRANGERS_PER_SECOND: '3',
      // A machine with other work must not refuse the test, nor the canary be counted among its strangers.
      WAYBILL_ACCEPT_LAG_MS: '0',
      WAYBILL_CANARY_INTERVAL_MS: '0',
    },
    file: { messaging: { namespaces: { prices: { durable: false, slow: 'disconnect' } } } },
  });

beforeAll(async () => {
  marks.add('the API key', TEST_API_KEY);
  marks.add('the JWT secret', TEST_JWT_SECRET);
  database = await freshDatabase();
  gateway = await start();
});
afterAll(async () => {
  await gateway.stop();
  await database.drop();
});

async function token(user: string, grants: object = GRANTS): Promise<string> {
  const made = await gateway.token(user, grants);
  marks.addToken(`the token of ${user}`, made);
  return made;
}

async function get<T>(path: string): Promise<T> {
  const { body } = await gateway.rest('GET', `/api/v1/ops/${path}`);
  shown.push(JSON.stringify(body));
  return body.data;
}

function waybill(...argv: readonly string[]): CommandLine {
  return new CommandLine(['--url', `http://127.0.0.1:${gateway.port}`, '--api-key', TEST_API_KEY, ...argv]);
}

/** Without what differs from one moment to the next. */
function steady(answer: object): object {
  return JSON.parse(
    JSON.stringify(answer, (name, value: unknown) => (['as_of', 'age_ms', 'rtt_ms', 'trace_id'].includes(name) ? undefined : value)),
  ) as object;
}

async function same(path: string, ...argv: readonly string[]): Promise<object> {
  const asked = steady(await get<object>(path));
  const command = waybill(...argv, '--json');
  expect(steady((await command.json()) as object)).toEqual(asked);
  shown.push(command.out);
  return asked;
}

/** The closed connection of a user, once the ledger and memory agree that it ended. */
async function closedOf(user: string): Promise<Story> {
  await expect.poll(async () => (await get<List>(`connections?state=closed&user=${user}`)).items.length).toBe(1);
  const [item] = (await get<List>(`connections?state=closed&user=${user}`)).items;
  return get<Story>(`connections/${item?.id ?? ''}`);
}

const told = ({ events }: Story): readonly string[] =>
  events.map(({ kind, detail }) => (detail === undefined ? kind : `${kind} ${detail}`)).filter((line) => !line.startsWith('round_trip'));

describe('a connection that was kicked', () => {
  let socket: TestSocket;
  let story: Story;

  beforeAll(async () => {
    socket = await TestSocket.connect(gateway.port, await token('alice'), { path: '/ws?client=phone/2.1' });
    const secret = marks.make('payload');
    await socket.request('topic.subscribe', { topics: [{ topic: 'chat.a' }, { topic: 'secret.room' }] });
    await socket.request('topic.publish', { topic: 'chat.a', data: secret });
    await socket.request('topic.publish', { topic: 'news.a', data: secret });
    await socket.request('topic.publish', { topic: await token('alice'), data: secret });
    await socket.request('topic.ack', { topic: 'chat.a', seq: 1 });
    await socket.request('auth.refresh', { token: await token('alice') });
    await socket.request('topic.unsubscribe', { topics: ['chat.a'] });
  });

  it('is shown while it is open, by REST as by the command (Q1)', async () => {
    const { items } = (await same('connections?user=alice&limit=50&state=open', 'connections', '--user', 'alice')) as List;
    expect(items).toMatchObject([{ user: 'alice', client: 'phone/2.1', state: 'open', published: 1, acks: 1, address: '127.0.0.1' }]);
    const open = await get<Story>(`connections/${items[0]?.ref ?? ''}`);
    expect(open.events.map(({ kind }) => kind)).toContain('welcome');
  });

  it('tells why it ended and what came before, by id and by ref, by REST as by the command (Q2, Q20)', async () => {
    const [open] = (await get<List>('connections?user=alice')).items;
    await gateway.rest('DELETE', `/api/v1/ops/connections/${open?.id ?? ''}`);
    await socket.closed;
    story = await closedOf('alice');
    expect(told(story)).toEqual([
      'connected 127.0.0.1, phone/2.1',
      'authenticated header, alice',
      'welcome',
      'refused subscribe secret.room: PERMISSION_DENIED (claims.topics.subscribe)',
      'subscribed chat.a',
      'refused publish news.a: PERMISSION_DENIED (claims.topics.publish)',
      expect.stringMatching(/^refused publish \[redacted\]: [A-Z_]+ \(/) as string,
      'refreshed',
      'unsubscribed chat.a',
      'closing 4400 disconnected by an operator, by the server',
      'closed 4400 disconnected by an operator, by the server',
    ]);
    expect(await same(`connections/${story.id}`, 'connection', story.id)).toEqual(
      await same(`connections/${story.ref}`, 'connection', story.ref.toLowerCase()),
    );
    const command = waybill('connection', story.ref);
    expect(await command.exit).toBe(0);
    expect(command.out).toContain(`Connection ${story.ref} of alice: closed, 4400 disconnected by an operator, ended by the server`);
    expect(command.out).toMatch(/-\d+\.\d+ s {2}was refused: subscribe secret\.room: PERMISSION_DENIED/);
    expect(command.out).toMatch(/-0\.000 s {2}ended: 4400/);
    shown.push(command.out);
  });

  it.each([
    ['code=4400', '--code 4400'],
    ['reason=OPERATOR', '--reason OPERATOR'],
    ['client=phone', '--client phone'],
    ['client=phone&version=2.1', '--client phone/2.1'],
    ['address=127.0.0.1&user=alice', '--address 127.0.0.1 --user alice'],
    ['from=0&user=alice', '--since 0 --user alice'],
  ])('is found by %s', async (query, options) => {
    const found = (await same(`connections?state=closed&limit=50&${query}`, 'connections', '--closed', ...options.split(' '))) as List;
    expect(found).toMatchObject({ items: [{ id: story.id }], complete: true });
  });

  it.each(['code=4401', 'reason=slow', 'client=phon', 'client=phone&version=2', 'to=1', 'user=nobody'])(
    'is not found by %s',
    async (query) => {
      expect(await get<List>(`connections?state=closed&${query}`)).toMatchObject({ items: [], complete: true });
    },
  );

  it('is found after a restart, the same, and so is what it was refused (Q6)', async () => {
    const before = await get<object>(`connections/${story.ref}`);
    await gateway.stop();
    gateway = await start();
    expect(await same(`connections/${story.ref}`, 'connection', story.ref)).toEqual(steady(before));
    expect(await same('connections?state=all&limit=50&user=alice', 'connections', '--all', '--user', 'alice')).toMatchObject({
      items: [{ id: story.id, state: 'closed', close: { code: 4400 } }],
    });
    const refusals = await same('refusals?user=alice&limit=50', 'refusals', '--user', 'alice');
    expect(refusals).toMatchObject({ items: [], complete: true });
    expect((refusals as { recorded: { topic?: string }[] }).recorded).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ kind: 'subscribe', code: 'PERMISSION_DENIED', topic: 'secret.room', ref: story.ref, count: 1 }) as object,
        expect.objectContaining({ kind: 'publish', code: 'PERMISSION_DENIED', topic: 'news.a', connection_id: story.id }) as object,
        expect.objectContaining({ kind: 'close', code: '4400' }) as object,
      ]),
    );
    expect(await get<object>(`refusals?user=alice&topic=secret.room&from=${Date.now() + 60_000}`)).toMatchObject({ recorded: [] });
  });
});

describe('others', () => {
  it('that are too slow tell how it grew, and keep their pings apart', async () => {
    const slow = await RawWebSocket.connect(gateway.port, await token('crawler'));
    slow.send(textFrameOf(JSON.stringify({ msg_id: 's', action: 'topic.subscribe', data: { topics: [{ topic: 'prices.a' }] } })));
    await expect.poll(async () => (await get<List>('connections?user=crawler&topic=prices.a')).items.length).toBe(1);
    slow.socket.pause();
    for (let n = 0; n < 400; n += 1) {
      const { body } = await gateway.rest('POST', '/api/v1/topics/prices.a/messages', { data: 'x'.repeat(50_000) });
      if (n % 20 === 0 && (await get<List>('connections?user=crawler')).items.length === 0) break;
      expect(body.code).toBe('OK');
    }
    slow.socket.destroy();
    const story = await closedOf('crawler');
    const kinds = story.events.map(({ kind }) => kind);
    expect(kinds).toEqual(expect.arrayContaining(['slow', 'high_water', 'closing', 'closed']));
    expect(kinds).not.toContain('caught_up');
    expect(story).toMatchObject({ close: { code: 4408, reason: 'slow consumer', initiator: 'server' } });
    expect(story.events.length).toBeLessThan(40);
  });

  it('that read an event stream are kept too', async () => {
    const abort = new AbortController();
    await fetch(`http://127.0.0.1:${gateway.port}/api/v1/topics/chat.a/messages?client=page/1`, {
      headers: { authorization: `Bearer ${await token('reader')}`, accept: 'text/event-stream' },
      signal: abort.signal,
    });
    await expect.poll(async () => (await get<List>('connections?user=reader')).items.length).toBe(1);
    abort.abort();
    const story = await closedOf('reader');
    expect(told(story)).toEqual(['connected 127.0.0.1, page/1', 'authenticated token, reader', 'subscribed chat.a', 'closed 1000 normal']);
  });

  it('that never say who they are are recorded, a few of them', async () => {
    const before = (await get<List>('connections?state=closed&limit=1000')).items.length;
    const sockets = await Promise.all(
      Array.from({ length: 20 }, () => TestSocket.connect(gateway.port, undefined, { path: '/ws?client=knocker/1' })),
    );
    for (const socket of sockets) socket.socket.terminate();
    await expect.poll(async () => (await get<List>('connections?state=closed&limit=1000')).items.length).toBe(before + 20);
    const recorded = async (): Promise<number> => {
      const client = new pg.Client({ connectionString: database.url });
      await client.connect();
      const { rows } = await client.query<{ n: number }>(
        `select count(*)::int as n from waybill.ledger_connection where client = 'knocker/1'`,
      );
      await client.end();
      return rows[0]?.n ?? 0;
    };
    // Three in each second, of which they may have met two.
    await expect.poll(recorded).toBeGreaterThanOrEqual(3);
    expect(await recorded()).toBeLessThanOrEqual(6);
  });

  it('that nobody knows are told to be unknown', async () => {
    for (const name of ['ZZZZ-ZZZZ', '00000000-0000-4000-8000-000000000000', 'x']) {
      const { status, body } = await gateway.rest('GET', `/api/v1/ops/connections/${name}`);
      expect([status, body.code]).toEqual([404, 'NOT_FOUND']);
      expect(await waybill('connection', name).exit).toBe(1);
    }
  });
});

it('shows no token and no payload', () => {
  const text = shown.join('\n');
  expect(text.length).toBeGreaterThan(10_000);
  expect(marks.leaksIn(text)).toEqual([]);
});
