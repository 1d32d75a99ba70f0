import { once } from 'node:events';
import { createSecretKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { CommandLine } from '../support/command-line.js';
import { TEST_API_KEY, TEST_JWT_SECRET } from '../support/gateway.js';
import { migratedDatabase } from '../support/migrated-database.js';
import type { TestDatabase } from '../support/postgres.js';
import { Program } from '../support/program.js';
import { TestSocket } from '../support/socket.js';
import { signToken, type TokenRecipe } from '../support/tokens.js';

interface Refusal {
  readonly kind: string;
  readonly code: string;
  readonly message: string;
  readonly ref?: string;
}
interface RefusalList {
  readonly sums: readonly { readonly kind: string; readonly code: string; readonly last_hour: number }[];
  readonly items: readonly Refusal[];
  readonly next?: string;
}

let database: TestDatabase;
let program: Program;
/** Every credential that was shown to the program. */
const shown: string[] = [TEST_API_KEY, TEST_JWT_SECRET];

beforeAll(async () => {
  database = await migratedDatabase();
  program = await Program.start({
    env: {
      DATABASE_URL: database.url,
      WAYBILL_API_KEY: TEST_API_KEY,
      WAYBILL_JWT_SECRET: TEST_JWT_SECRET,
      WAYBILL_CONNECTIONS_PER_USER: '1',
      WAYBILL_HISTORY_PER_SECOND: '1',
      WAYBILL_HISTORY_BURST: '2',
      WAYBILL_TRACE_RATIO: '1',
    },
  });
});
afterAll(async () => {
  await program.dispose();
  await database.drop();
});

async function token(user: string, recipe: TokenRecipe = {}): Promise<string> {
  const claims = { sub: user, topics: { subscribe: ['chat.*'], publish: ['chat.*'] }, ...recipe.claims };
  const made = await signToken({ key: createSecretKey(Buffer.from(TEST_JWT_SECRET)), ...recipe, claims });
  shown.push(made);
  return made;
}

const rest = (path: string, init: RequestInit = {}, credential = TEST_API_KEY): Promise<Response> =>
  fetch(`http://127.0.0.1:${program.port}/api/v1/${path}`, {
    ...init,
    headers: { authorization: `Bearer ${credential}`, 'content-type': 'application/json' },
  });

async function refusals(query = ''): Promise<RefusalList> {
  const answer = await rest(`ops/refusals${query}`);
  return ((await answer.json()) as { data: RefusalList }).data;
}

/** An upgrade that is refused. */
async function refusedUpgrade(credential: string, headers: Readonly<Record<string, string>> = {}): Promise<void> {
  const socket = new WebSocket(`ws://127.0.0.1:${program.port}/ws?client=probe/1.2`, 'waybill.v1', {
    headers: { authorization: `Bearer ${credential}`, ...headers },
  });
  socket.on('error', () => undefined);
  await once(socket, 'unexpected-response');
  socket.terminate();
}

async function onSocket(user: string, work: (socket: TestSocket) => Promise<unknown>): Promise<void> {
  const socket = await TestSocket.connect(program.port, await token(user));
  await work(socket);
  socket.socket.terminate();
}

const post = async (path: string, body: unknown, user: string): Promise<unknown> =>
  (await rest(path, { method: 'POST', body: JSON.stringify(body) }, await token(user))).text();

/** Each makes the program refuse something, and what must be found of it then. */
const ROWS: readonly [string, () => Promise<unknown>, Readonly<Record<string, unknown>>][] = [
  [
    'a connect with a token that another key signed',
    async () => refusedUpgrade(await token('mallory', { key: createSecretKey(Buffer.alloc(32, 1)) })),
    { kind: 'connect', code: 'UNAUTHENTICATED', client: 'probe/1.2', message: expect.stringContaining('signature') as string },
  ],
  [
    'a connect with a token past its time',
    async () => refusedUpgrade(await token('late', { claims: { exp: 1_000_000_000 } })),
    { kind: 'connect', code: 'TOKEN_EXPIRED', user: 'late', message: expect.stringContaining('expired') as string },
  ],
  [
    'a connect from a page of another origin',
    async () => refusedUpgrade(await token('alice'), { origin: 'https://evil.example' }),
    { kind: 'connect', code: 'PERMISSION_DENIED', rule: 'server.allowedOrigins' },
  ],
  [
    'a connect beyond the limit of its user',
    async () => onSocket('crowd', async () => refusedUpgrade(await token('crowd'))),
    { kind: 'connect', code: 'LIMIT_EXCEEDED', rule: 'gateway.connectionsPerUser', user: 'crowd' },
  ],
  [
    'a subscribe without the right to it',
    () => onSocket('reader', (socket) => socket.request('topic.subscribe', { topics: [{ topic: 'chat.a' }, { topic: 'secret.room' }] })),
    {
      kind: 'subscribe',
      code: 'PERMISSION_DENIED',
      rule: 'claims.topics.subscribe',
      user: 'reader',
      topic: 'secret.room',
      ref: expect.any(String) as string,
      connection_id: expect.any(String) as string,
      trace_id: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
    },
  ],
  [
    'a publish without the right to it',
    () => onSocket('writer', (socket) => socket.request('topic.publish', { topic: 'news.a', data: 1 })),
    { kind: 'publish', code: 'PERMISSION_DENIED', rule: 'claims.topics.publish', user: 'writer', topic: 'news.a' },
  ],
  [
    'a publish by REST',
    () => post('topics/news.b/messages', { data: 1 }, 'rest-writer'),
    { kind: 'publish', code: 'PERMISSION_DENIED', user: 'rest-writer', topic: 'news.b', trace_id: expect.any(String) as string },
  ],
  [
    'an item of a batch',
    () =>
      post(
        'messages',
        {
          messages: [
            { topic: 'chat.a', data: 1 },
            { topic: 'news.c', data: 1 },
          ],
        },
        'batch-writer',
      ),
    { kind: 'publish', code: 'PERMISSION_DENIED', user: 'batch-writer', topic: 'news.c', count: 1 },
  ],
  [
    'a command that nobody declares',
    () => onSocket('guesser', (socket) => socket.request('no.such.action')),
    { kind: 'command', code: 'UNKNOWN_ACTION', rule: 'action', user: 'guesser' },
  ],
  [
    'commands beyond a limit',
    () =>
      onSocket('historian', async (socket) => {
        for (let n = 0; n < 3; n += 1) await socket.request('topic.history', { topic: 'chat.a', limit: 1_000 });
      }),
    { kind: 'command', code: 'RATE_LIMITED', rule: 'limits.historyPerSecond', user: 'historian', count: 2, topic: 'chat.a' },
  ],
  [
    'a request with a key that does not exist',
    async () => {
      shown.push('a-key-that-nobody-made-0123');
      return (await rest('topics', {}, 'a-key-that-nobody-made-0123')).text();
    },
    { kind: 'login', code: 'UNAUTHENTICATED' },
  ],
  [
    'a request of somebody who may not',
    async () => (await rest('ops/connections', {}, await token('curious'))).text(),
    { kind: 'request', code: 'PERMISSION_DENIED', rule: 'route.users', user: 'curious' },
  ],
  [
    'a login on a socket',
    async () => {
      const socket = await TestSocket.connect(program.port, undefined);
      await socket.request('auth', { token: 'not.a.token' });
      await socket.closed;
    },
    { kind: 'close', code: '4501', rule: 'invalid token' },
  ],
  [
    'a connection that an operator ends',
    () =>
      onSocket('guest', async (socket) => {
        const { connection_id: id } = socket.frames.map((frame) => frame['data'])[0] as { readonly connection_id: string };
        await rest(`ops/connections/${id}`, { method: 'DELETE' });
        await socket.closed;
      }),
    { kind: 'close', code: '4400', rule: 'disconnected by an operator', user: 'guest' },
  ],
];

describe('what somebody is refused', () => {
  it.each(ROWS)('is found by operators with the rule in words: %s', async (_name, refuse, expected) => {
    await refuse();
    const { kind, code } = expected as { readonly kind: string; readonly code: string };
    const query = `?kind=${kind}&code=${code}${typeof expected['user'] === 'string' ? `&user=${expected['user']}` : ''}`;
    await expect
      .poll(async () => (await refusals(query)).items[0])
      .toMatchObject({ ...expected, message: expected['message'] ?? expect.stringMatching(/.{10}/), address: '127.0.0.1' });
    const { sums } = await refusals(`?kind=${kind}&code=${code}`);
    expect(sums[0]).toMatchObject({ kind, code });
    expect(sums[0]?.last_hour).toBeGreaterThan(0);
  });

  it('is paged', async () => {
    const all = await refusals();
    const first = await refusals('?limit=2');
    const second = await refusals(`?limit=2&cursor=${first.next}`);
    expect([...first.items, ...second.items]).toEqual(all.items.slice(0, 4));
    expect((await rest('ops/refusals?kind=nonsense')).status).toBe(400);
  });

  it('is told by the command line', async () => {
    const waybill = async (...argv: readonly string[]): Promise<CommandLine> => {
      const line = new CommandLine(['--url', `http://127.0.0.1:${program.port}`, '--api-key', TEST_API_KEY, ...argv]);
      expect(await line.exit).toBe(0);
      return line;
    };
    const told = await waybill('refusals', '--user', 'reader', '--kind', 'subscribe');
    expect(told.out).toMatch(/subscribe +PERMISSION_DENIED +claims\.topics\.subscribe +1 +1 /);
    expect(told.out).toMatch(
      /subscribe +PERMISSION_DENIED +1 +reader +127\.0\.0\.1 +\S+ +\S+ +secret\.room +reader may not subscribe to secret\.room: rule/,
    );
    expect(await (await waybill('refusals', '--json', '--code', '4400')).json()).toMatchObject({ items: [{ user: 'guest' }] });
    expect((await waybill('refusals', '--user', 'nobody', '--code', 'CONFLICT')).err).toMatch('Nobody was refused');
  });

  it('stands in the log in words, and no credential does', async () => {
    const lines = (): readonly Readonly<Record<string, unknown>>[] =>
      program.output
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .filter((line) => line['event'] === 'refused');
    await expect
      .poll(() => lines().map(({ kind }) => kind))
      .toEqual(expect.arrayContaining(['connect', 'login', 'subscribe', 'publish', 'command', 'request', 'close']));
    expect(lines().find(({ user, kind }) => user === 'reader' && kind === 'subscribe')).toMatchObject({
      level: 'info',
      code: 'PERMISSION_DENIED',
      rule: 'claims.topics.subscribe',
      topic: 'secret.room',
      msg: expect.stringContaining('reader may not subscribe to secret.room: rule claims.topics.subscribe does not cover it') as string,
    });
    const everything = program.output + JSON.stringify(await refusals('?limit=1000'));
    for (const secret of shown) expect(everything.includes(secret)).toBe(false);
  });
});
