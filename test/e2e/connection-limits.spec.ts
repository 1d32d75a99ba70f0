import { Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { EventReader } from '../support/event-reader.js';
import { startGateway, type TestGateway } from '../support/gateway.js';

const LIMIT = 10;
const RACERS = 50;

/** What became of one who wanted a connection; `leave` gives up what was got. */
interface Attempt {
  readonly status: number;
  readonly retryAfter: string | null | undefined;
  readonly leave: () => void;
}

let gateway: TestGateway;
const accepted = new Set<Socket>();
const listened = vi.spyOn(Server.prototype, 'listen');

async function start(env: Readonly<Record<string, string>>): Promise<void> {
  gateway = await startGateway({ env });
  gateway.gateway.app.getHttpServer().on('connection', (socket: Socket) => accepted.add(socket));
}

/** What `fetch` keeps open, or has opened without a request yet, is not waited for. */
async function stop(): Promise<void> {
  for (const socket of accepted) socket.destroy();
  accepted.clear();
  await gateway.stop();
}

function upgrade(token: string, from = '127.0.0.1', headers: Readonly<Record<string, string>> = {}): Promise<Attempt> {
  const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}/ws`, 'waybill.v1', {
    headers: { authorization: `Bearer ${token}`, ...headers },
    localAddress: from,
  });
  socket.on('error', () => undefined);
  return new Promise((resolve) => {
    socket.once('open', () => resolve({ status: 101, retryAfter: undefined, leave: () => socket.terminate() }));
    socket.once('unexpected-response', (_request, response) => {
      response.resume();
      resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'], leave: () => undefined });
    });
  });
}

async function stream(token: string, topic: string, headers: Readonly<Record<string, string>> = {}): Promise<Attempt> {
  const reader = await EventReader.open(`http://127.0.0.1:${gateway.port}/api/v1/topics/${topic}/messages`, {
    authorization: `Bearer ${token}`,
    ...headers,
  });
  const { response } = reader;
  return { status: response.status, retryAfter: response.headers.get('retry-after'), leave: () => reader.close() };
}

const got = (attempts: readonly Attempt[]): readonly Attempt[] => attempts.filter(({ status }) => status === 101 || status === 200);
const statuses = (attempts: readonly Attempt[]): readonly number[] => [...new Set(attempts.map(({ status }) => status))].sort();

describe('connections of one user', () => {
  beforeAll(() => start({ WAYBILL_CONNECTIONS_PER_USER: String(LIMIT) }));
  afterAll(stop);

  it('are as many as may be, however many sockets and streams race for them, and as many again afterwards', async () => {
    const token = await gateway.token('racer');
    const race = (): Promise<readonly Attempt[]> =>
      Promise.all(Array.from({ length: RACERS }, (_, n) => [upgrade(token), stream(token, `race.${n}`)]).flat());
    const first = await race();
    expect(got(first)).toHaveLength(LIMIT);
    const refused = first.filter((attempt) => !got(first).includes(attempt));
    expect([statuses(refused), refused.every(({ retryAfter }) => retryAfter === '5')]).toEqual([[429], true]);
    for (const { leave } of first) leave();
    let won: Attempt | undefined;
    await expect.poll(async () => (won = await upgrade(token)).status, { timeout: 5_000 }).toBe(101);
    won?.leave();
  });
});

describe('connections of one address behind a trusted proxy', () => {
  beforeAll(() => start({ WAYBILL_CONNECTIONS_PER_ADDRESS: '1', WAYBILL_TRUSTED_PROXIES: '127.0.0.1', WAYBILL_BACKLOG: '77' }));
  afterAll(stop);

  it('are those of the client, who is named by the same address wherever operators look', async () => {
    const token = await gateway.token('alice');
    const via = (forwarded: string, from?: string) => upgrade(token, from, { 'x-forwarded-for': forwarded });
    const attempts = [
      await via('203.0.113.1'),
      await via('203.0.113.1'),
      await via('203.0.113.9, 203.0.113.1'),
      await via('203.0.113.2'),
      await stream(token, 'proxied', { 'x-forwarded-for': '203.0.113.2' }),
      await stream(token, 'proxied', { 'x-forwarded-for': '2001:db8::1' }),
      await via('2001:db8::2'),
      // Not a proxy that is trusted: counted as itself.
      await via('203.0.113.1', '127.0.0.2'),
    ];
    expect(attempts.map(({ status }) => status)).toEqual([101, 429, 429, 101, 429, 200, 429, 101]);
    const { items } = (await gateway.rest('GET', '/api/v1/ops/connections')).body.data as { items: { address: string }[] };
    expect(items.map(({ address }) => address).sort()).toEqual(['127.0.0.2', '2001:db8::1', '203.0.113.1', '203.0.113.2']);
    for (const { leave } of attempts) leave();
  });

  it('wait in a queue of the kernel that is as long as was asked', () => {
    expect(listened.mock.calls.flat()).toContainEqual(expect.objectContaining({ port: 0, backlog: 77 }));
  });
});

describe('connections of one address', () => {
  beforeAll(() => start({ WAYBILL_CONNECTIONS_PER_ADDRESS: String(LIMIT) }));
  afterAll(stop);

  it('are as many as may be, of different users, sockets and streams; a forged header moves nobody', async () => {
    const tokens = await Promise.all(Array.from({ length: RACERS }, (_, n) => gateway.token(`user-${n}`)));
    const forged = (n: number) => ({ 'x-forwarded-for': `198.51.100.${n}` });
    const attempts = await Promise.all(
      tokens.flatMap((token, n) => [upgrade(token, '127.0.0.1', forged(n)), stream(token, `race.${n}`, forged(n))]),
    );
    expect(got(attempts)).toHaveLength(LIMIT);
    expect(statuses(attempts).at(-1)).toBe(429);
    const neighbour = await upgrade(tokens[0] as string, '127.0.0.2');
    expect(neighbour.status).toBe(101);
    for (const { leave } of [...attempts, neighbour]) leave();
  });
});
