import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLOSES } from '../../src/protocol/close-codes.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { RawWebSocket, upgradeRequest } from '../support/raw-websocket.js';
import { TestSocket } from '../support/socket.js';
import { frameWrites, requestWrites } from './frame-bytes.js';
import { fuzzRuns, fuzzTimeout } from './runs.js';

const CONNECTION_RUNS = 300;
const REQUEST_RUNS = 150;
const END_MS = 10_000;
/** What a server may answer to a peer, in the words of the registry: never that it has a defect. */
const CODES: ReadonlySet<number> = new Set(
  Object.values(CLOSES)
    .map(({ code }) => code)
    .filter((code) => code !== CLOSES.INTERNAL_ERROR.code),
);

let gateway: TestGateway;
let token: string;
let bystander: TestSocket;

beforeAll(async () => {
  gateway = await startGateway({
    env: {
      WAYBILL_COMPRESSION: 'true',
      WAYBILL_ACCEPT_LAG_MS: '0',
      WAYBILL_CLOSE_TIMEOUT_MS: '200',
      WAYBILL_FRAME_TIMEOUT_MS: '500',
      WAYBILL_HEADERS_TIMEOUT_MS: '1000',
      WAYBILL_AUTH_TIMEOUT_MS: '500',
    },
  });
  token = await gateway.token('fuzz');
  bystander = await TestSocket.connect(gateway.port, await gateway.token('bystander'));
});
afterAll(async () => {
  bystander.socket.terminate();
  await gateway.stop();
});

/** Writes, hangs up, and waits for the end, which must come. */
async function finish(raw: RawWebSocket, writes: readonly Buffer[]): Promise<void> {
  for (const write of writes) {
    if (raw.ended) break;
    raw.send(write);
    await turn();
  }
  raw.socket.end();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`the connection did not end; ${JSON.stringify(raw.texts.slice(-2))}`)), END_MS);
  });
  await Promise.race([raw.untilEnd(), late]).finally(() => clearTimeout(timer));
}

/** Every reply is of the registry, and the end, where the server made it, has a code of it. */
function requireDefined(raw: RawWebSocket): void {
  for (const frame of raw.texts) expect(frame['code'], JSON.stringify(frame)).not.toBe('INTERNAL');
  const end = raw.frames.find(({ opcode }) => opcode === 8);
  const own = raw.texts.at(-1)?.['action'] === 'sys.closing';
  if (end === undefined || !own) return;
  expect(CODES.has(end.payload.readUInt16BE(0)), `close ${end.payload.readUInt16BE(0)}`).toBe(true);
  expect(raw.frames.at(-1)?.opcode).toBe(8);
}

async function othersAreServed(): Promise<void> {
  expect(await bystander.request('ping')).toMatchObject({ code: 'OK' });
}

describe('bytes of any kind', () => {
  it.each([
    ['compression', { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' }, true],
    ['no compression', {}, true],
    ['no token', {}, false],
  ] as const)(
    'after a handshake with %s end with a defined code, and nobody else notices',
    { timeout: fuzzTimeout() },
    async (_what, headers, withToken) => {
      await fc.assert(
        fc.asyncProperty(frameWrites, async (writes) => {
          const authorization = withToken ? { Authorization: `Bearer ${token}` } : {};
          const raw = RawWebSocket.open(gateway.port, upgradeRequest('/ws', { ...authorization, ...headers }));
          await raw.until(() => raw.head !== '' && (!withToken || raw.frames.length > 0));
          expect(raw.head).toMatch(/^HTTP\/1\.1 101 /);
          await finish(raw, writes);
          requireDefined(raw);
          await othersAreServed();
        }),
        fuzzRuns(CONNECTION_RUNS / 3),
      );
    },
  );

  it('in place of a handshake get an HTTP answer or none, and nobody else notices', { timeout: fuzzTimeout() }, async () => {
    const request = upgradeRequest('/ws?client=fuzz', { Authorization: `Bearer ${token}`, Origin: 'http://127.0.0.1' });
    await fc.assert(
      fc.asyncProperty(requestWrites(request), async (writes) => {
        const raw = RawWebSocket.open(gateway.port, '');
        await finish(raw, writes);
        if (raw.head !== '') expect(raw.head).toMatch(/^HTTP\/1\.1 (?:101|200|4\d\d) /);
        requireDefined(raw);
        await othersAreServed();
      }),
      fuzzRuns(REQUEST_RUNS),
    );
  });

  it('leave no connection behind', async () => {
    await expect
      .poll(
        async () => {
          const { body } = await gateway.rest('GET', '/api/v1/ops/connections?state=open');
          return (body.data as { items: readonly { user?: string }[] }).items.map(({ user }) => user);
        },
        { timeout: 10_000 },
      )
      .toEqual(['bystander']);
  });
});
