import { connect, type Socket } from 'node:net';
import { constants, deflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CREDENTIALS, tokenFor } from '../faults/rig/credentials.js';
import { MemoryWatch } from '../faults/rig/memory-watch.js';
import { Operator } from '../faults/rig/operator.js';
import { migratedDatabase } from '../support/migrated-database.js';
import type { TestDatabase } from '../support/postgres.js';
import { Program } from '../support/program.js';
import { clientFrame, RawWebSocket } from '../support/raw-websocket.js';
import { TestSocket } from '../support/socket.js';

const TEXT = 0x1;
const CONTINUATION = 0x0;
const RSV1 = 4;
const OFFER = { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' };
const DEADLINE_MS = 1_000;
/** How often deadlines are looked at, and what a busy machine may add. */
const GRACE_MS = 5_000;

/** The built program in a process of its own: what an attack costs it in memory is its own, not the test's. */
describe('the built program', { timeout: 90_000 }, () => {
  let database: TestDatabase;
  let program: Program;
  let operator: Operator;
  let bystander: TestSocket;

  beforeAll(async () => {
    database = await migratedDatabase();
    program = await Program.start({
      env: {
        ...CREDENTIALS,
        DATABASE_URL: database.url,
        WAYBILL_LOG_LEVEL: 'error',
        WAYBILL_COMPRESSION: 'true',
        WAYBILL_HEADERS_TIMEOUT_MS: String(DEADLINE_MS),
        WAYBILL_FRAME_TIMEOUT_MS: String(DEADLINE_MS),
        WAYBILL_CLOSE_TIMEOUT_MS: '500',
      },
    });
    operator = new Operator(program);
    bystander = await TestSocket.connect(program.port, await tokenFor('bystander'));
  }, 120_000);
  afterAll(async () => {
    bystander?.socket.terminate();
    await program?.dispose();
    await database?.drop();
  });

  const serves = async (): Promise<void> => expect(await bystander.request('ping')).toMatchObject({ code: 'OK' });

  it('S30 closes 1,000 connections that say nothing, and serves the others meanwhile', async () => {
    const started = performance.now();
    const silent = await Promise.all(Array.from({ length: 1_000 }, () => opened(program.port)));
    const closed = silent.map((socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())));
    await serves();
    const newcomer = await TestSocket.connect(program.port, await tokenFor('newcomer'));
    await newcomer.close();
    await Promise.all(closed);
    expect(performance.now() - started).toBeLessThan(DEADLINE_MS + GRACE_MS);
    await serves();
  });

  it('S32 closes a frame that drips, however slowly', async () => {
    const raw = await RawWebSocket.connect(program.port, await tokenFor('drip'));
    const started = performance.now();
    raw.send(clientFrame(TEXT, '{"action":"ping"', { length: 60_000 }));
    const drip = setInterval(() => raw.send(Buffer.from('x')), 100);
    expect(await raw.untilClose()).toMatchObject({ code: 1008 });
    clearInterval(drip);
    expect(performance.now() - started).toBeLessThan(DEADLINE_MS + GRACE_MS);
    await serves();
  });

  it('S33 closes 131,071 fragments of one byte at the limit, on 20 connections at once, and memory stays flat', async () => {
    const fragments = Buffer.concat([
      clientFrame(TEXT, 'x', { fin: false }),
      ...Array.from({ length: 131_070 }, () => clientFrame(CONTINUATION, 'x', { fin: false })),
    ]);
    const raws = await Promise.all(
      Array.from({ length: 20 }, async (_, n) => RawWebSocket.connect(program.port, await tokenFor(`fragments-${n}`))),
    );
    const memory = new MemoryWatch(program.pid);
    for (const raw of raws) raw.send(fragments);
    const closes = await Promise.all(raws.map((raw) => raw.untilClose()));
    expect(closes.map(({ code }) => code)).toEqual(raws.map(() => 1008));
    await serves();
    // Held, each connection would cost about 48 MB.
    expect(memory.end()).toBeLessThan(100);
  });

  it('S34 refuses 60 MB of zeros in 61 KB, on 20 connections at once, and memory stays flat', async () => {
    const bomb = deflateRawSync(Buffer.alloc(60_000_000), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
    expect(bomb.length).toBeLessThan(65_536);
    const raws = await Promise.all(
      Array.from({ length: 20 }, async (_, n) => RawWebSocket.connect(program.port, await tokenFor(`bomb-${n}`), '/ws', OFFER)),
    );
    const memory = new MemoryWatch(program.pid);
    for (const raw of raws) raw.send(clientFrame(TEXT, bomb, { rsv: RSV1 }));
    const closes = await Promise.all(raws.map((raw) => raw.untilClose()));
    expect(closes.map(({ code }) => code)).toEqual(raws.map(() => 1009));
    await serves();
    // Inflated, they would be 1.2 GB.
    expect(memory.end()).toBeLessThan(100);
  });

  it('S34 refuses the same in fragments, and in frames that were not negotiated to be compressed', async () => {
    const bomb = deflateRawSync(Buffer.alloc(60_000_000), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
    const cut = await RawWebSocket.connect(program.port, await tokenFor('bomb-cut'), '/ws', OFFER);
    cut.send(clientFrame(TEXT, bomb.subarray(0, 30_000), { rsv: RSV1, fin: false }));
    cut.send(clientFrame(CONTINUATION, bomb.subarray(30_000)));
    expect((await cut.untilClose()).code).toBe(1009);
    const plain = await RawWebSocket.connect(program.port, await tokenFor('bomb-plain'));
    expect(plain.head).not.toContain('permessage-deflate');
    plain.send(clientFrame(TEXT, bomb, { rsv: RSV1 }));
    expect((await plain.untilClose()).code).toBe(1002);
    await serves();
  });

  it('S49 grows by few series, whatever is named', async () => {
    const headers = { authorization: `Bearer ${CREDENTIALS.WAYBILL_API_KEY}`, 'content-type': 'application/json' };
    const publish = async (round: string): Promise<void> => {
      const messages = Array.from({ length: 1_000 }, (_, n) => ({ topic: `card-${round}-${n}.t${n}`, action: `act-${n}`, data: n }));
      const answer = await fetch(`http://127.0.0.1:${program.port}/api/v1/messages`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ messages }),
      });
      expect(answer.status).toBe(200);
      await answer.body?.cancel();
    };
    const visit = async (user: string): Promise<void> => {
      const socket = await TestSocket.connect(program.port, await tokenFor(user), { path: `/ws?client=${user}/1.0` });
      await socket.request('topic.subscribe', { topics: Array.from({ length: 20 }, (_, n) => ({ topic: `card.${user}.${n}` })) });
      await socket.request(`made-up-${user}`);
      await socket.close();
      for (const path of [`/made/up/${user}`, `/api/v1/topics/card.${user}`, `/api/v1/ops/connections/${user}`]) {
        await (await fetch(`http://127.0.0.1:${program.port}${path}`, { headers })).body?.cancel();
      }
    };
    // What can happen at all makes its series first.
    await publish('first');
    await visit('first');
    const before = (await operator.metrics()).size;
    for (const round of ['a', 'b', 'c']) await publish(round);
    for (let user = 0; user < 40; user += 1) await visit(`user-${user}`);
    const after = await operator.metrics();
    expect(after.size - before).toBeLessThan(50);
    expect([...after.keys()].filter((series) => /user-\d|card\.|made-up|act-\d/.test(series))).toEqual([]);
  });
});

function opened(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => resolve(socket));
    socket.once('error', reject);
    socket.on('error', () => undefined);
    // An answer may come before the end.
    socket.resume();
  });
}
