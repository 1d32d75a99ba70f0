import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { GroupCommit } from '../../src/messaging/group-commit.js';
import { EmbeddedPostgres } from '../../src/storage/embedded-postgres.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { TestSocket } from '../support/socket.js';

const SILENT = { log: () => undefined, warn: () => undefined, error: () => undefined };

/** Figures of the faults F4 and F5. */
const EVERY_ANSWER_MS = 3_000;
const FIRST_REFUSAL_MS = 1_000;
const RESUMED_MS = 5_000;
const GROWTH_BYTES = 50 * 1_048_576;

const WHILE_AWAY = new Set(['UNAVAILABLE', 'UNKNOWN_OUTCOME']);

/** None where the process has ended. */
function children(pid: number): readonly number[] {
  const file = `/proc/${pid}/task/${pid}/children`;
  return existsSync(file) ? readFileSync(file, 'utf8').split(' ').filter(Boolean).map(Number) : [];
}

async function until(condition: () => Promise<boolean> | boolean, timeoutMs = 30_000): Promise<number> {
  const began = performance.now();
  while (!(await condition())) {
    if (performance.now() - began > timeoutMs) throw new Error(`it did not happen within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return performance.now() - began;
}

describe('a gateway whose Postgres', { timeout: 120_000 }, () => {
  let dataDir: string;
  let postgres: EmbeddedPostgres;
  let gateway: TestGateway;
  let socket: TestSocket;
  let names = 0;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'waybill-outage-'));
    postgres = new EmbeddedPostgres(dataDir, SILENT);
    const url = await postgres.start();
    gateway = await startGateway({ database: { url, drop: () => Promise.resolve() } });
    socket = await TestSocket.connect(gateway.port, await gateway.token('alice'));
    await until(async () => (await publish('warm.up')) === 'OK');
    await byRest('POST', '/api/v1/topics/warm.rest/messages', { action: 'note', data: 1 });
  });

  afterAll(async () => {
    signal('SIGCONT');
    await socket.close();
    await gateway.stop();
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  /** To the server and everything it has started; twice, for what was started meanwhile. */
  function signal(name: NodeJS.Signals): void {
    const { pid } = postgres;
    if (pid === undefined) return;
    const before = children(pid);
    process.kill(pid, name);
    for (const child of [...before, ...children(pid)]) {
      try {
        process.kill(child, name);
      } catch (error) {
        // It has ended by itself meanwhile.
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
  }

  const codeOf = (frame: Readonly<Record<string, unknown>>): string => String(frame['code']);

  async function publish(topic: string, msgId = `m-${(names += 1)}`): Promise<string> {
    const frame = await socket.request('topic.publish', { topic, action: 'note', data: names }, msgId);
    return codeOf(frame);
  }

  async function byRest(method: string, path: string, body?: unknown): Promise<string> {
    return (await gateway.rest(method, path, body)).body.code;
  }

  async function metric(line: string): Promise<number> {
    const text = await (await fetch(`http://127.0.0.1:${gateway.opsPort}/metrics`)).text();
    return Number(
      text
        .split('\n')
        .find((each) => each.startsWith(line))
        ?.split(' ')[1],
    );
  }

  async function answersDirectly(): Promise<boolean> {
    const client = new pg.Client({ connectionString: gateway.database.url, connectionTimeoutMillis: 1_000 });
    client.on('error', () => undefined);
    return client.connect().then(
      () => client.end().then(() => true),
      () => false,
    );
  }

  const stateOf = (): Promise<number> => metric('waybill_circuit_state{dependency="database"}');

  /** Everything that needs the database, at once; with how long each took. */
  function everything(round: string): Promise<readonly { readonly code: string; readonly ms: number; readonly what: string }[]> {
    const timed = async (what: string, work: Promise<string>): Promise<{ code: string; ms: number; what: string }> => {
      const began = performance.now();
      return { what, code: await work, ms: performance.now() - began };
    };
    return Promise.all([
      // More than there are connections of the pool, on more topics than there are lanes.
      ...Array.from({ length: 40 }, (_, n) => timed('publish', publish(`${round}.t${n}`))),
      ...Array.from({ length: 10 }, (_, n) =>
        timed('publish by REST', byRest('POST', `/api/v1/topics/${round}.r${n}/messages`, { action: 'note', data: n })),
      ),
      ...Array.from({ length: 20 }, (_, n) => timed('history by REST', byRest('GET', `/api/v1/topics/${round}.h${n}/messages`))),
      timed('history', socket.request('topic.history', { topic: 'warm.up' }, `h-${round}`).then(codeOf)),
      timed('subscribe', socket.request('topic.subscribe', { topics: [{ topic: `${round}.s` }] }, `s-${round}`).then(codeOf)),
    ]);
  }

  it('falls silent answers everything in time, says so, and goes on when it speaks again', async () => {
    signal('SIGSTOP');
    const first = await everything('silent');
    expect(first.filter(({ ms }) => ms > EVERY_ANSWER_MS)).toEqual([]);
    // A subscribe answers topic by topic.
    expect(first.filter(({ code, what }) => what !== 'subscribe' && !WHILE_AWAY.has(code))).toEqual([]);
    expect(new Set(first.map(({ code }) => code))).toContain('UNAVAILABLE');

    const second = await everything('refused');
    expect(second.filter(({ ms }) => ms > EVERY_ANSWER_MS)).toEqual([]);
    // Nothing was sent any more, so nothing is unknown.
    expect(second.filter(({ code, what }) => what !== 'subscribe' && code !== 'UNAVAILABLE')).toEqual([]);

    expect(await stateOf()).toBeGreaterThan(0);
    const ready = await fetch(`http://127.0.0.1:${gateway.opsPort}/readyz`);
    expect(ready.status).toBe(200);
    expect(await ready.json()).toMatchObject({ parts: { database: { state: 'down' } } });

    signal('SIGCONT');
    expect(await until(async () => (await publish('after.silence')) === 'OK')).toBeLessThan(RESUMED_MS);
    expect(await stateOf()).toBe(0);
  });

  it('is killed refuses within a second, keeps what it acknowledged, and resumes when it is back', async () => {
    const acknowledged = new Map<string, unknown>();
    let going = true;
    let refusedAt: number | undefined;
    const publisher = async (lane: number): Promise<void> => {
      while (going) {
        const msgId = `k-${lane}-${(names += 1)}`;
        const frame = await socket.request('topic.publish', { topic: `killed.t${lane}`, action: 'note', data: msgId }, msgId);
        if (codeOf(frame) === 'OK') acknowledged.set(msgId, (frame['data'] as { seq: number }).seq);
        else {
          refusedAt ??= performance.now();
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      }
    };
    const publishers = [0, 1, 2, 3].map(publisher);
    try {
      await until(() => acknowledged.size > 100);
      const killedAt = performance.now();
      signal('SIGKILL');
      await until(() => refusedAt !== undefined);
      expect((refusedAt as number) - killedAt).toBeLessThan(FIRST_REFUSAL_MS);
      const before = acknowledged.size;
      // Its keeper starts it again, and it recovers.
      await until(answersDirectly);
      expect(await until(() => acknowledged.size > before)).toBeLessThan(RESUMED_MS);
    } finally {
      going = false;
      await Promise.allSettled(publishers);
    }
    for (const lane of [0, 1, 2, 3]) {
      const topic = `killed.t${lane}`;
      const answer = await gateway.rest('GET', `/api/v1/topics/${topic}/messages?limit=1000`);
      const stored = (answer.body.data as { messages: readonly { msg_id: string; seq: number }[] }).messages;
      expect(stored.map(({ seq }) => seq)).toEqual(stored.map((_, index) => index + 1));
      const seqs = new Map(stored.map(({ msg_id: id, seq }) => [id, seq]));
      for (const [id, seq] of acknowledged) if (id.startsWith(`k-${lane}-`)) expect(seqs.get(id)).toBe(seq);
    }
  });

  it('falls silent does not keep a node from stopping', async () => {
    const other = await startGateway({ database: gateway.database });
    signal('SIGSTOP');
    await other.stop();
    signal('SIGCONT');
    expect(await until(async () => (await publish('after.stop')) === 'OK')).toBeLessThan(RESUMED_MS);
  });

  it('falls silent under a flood holds no more than its queue, and answers every publish', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const inUse = (): number => {
      collect();
      const { heapUsed, external } = process.memoryUsage();
      return heapUsed + external;
    };
    const counts = (): GroupCommit['counts'] => gateway.gateway.app.get(GroupCommit, { strict: false }).counts;
    const flood = new Flood();
    const token = await gateway.token('flood');
    await Promise.all(Array.from({ length: 64 }, () => flood.connect(gateway.port, token)));
    await until(() => flood.answered > 5_000);
    const before = inUse();
    signal('SIGSTOP');
    let mostTaken = 0;
    let mostPaused = 0;
    let mostInUse = 0;
    const end = performance.now() + 5_000;
    await until(() => {
      mostTaken = Math.max(mostTaken, counts().taken);
      mostPaused = Math.max(mostPaused, counts().paused);
      return performance.now() > end;
    });
    mostInUse = Math.max(mostInUse, inUse());
    flood.stop();
    await until(() => flood.answered === flood.sent);
    expect(mostTaken).toBeGreaterThan(0);
    expect(mostTaken).toBeLessThanOrEqual(1_024);
    expect(mostPaused).toBeGreaterThan(0);
    expect(mostInUse - before).toBeLessThan(GROWTH_BYTES);
    expect(flood.codes.get('UNAVAILABLE')).toBeGreaterThan(1_024);
    expect([...flood.codes.keys()].filter((code) => code !== 'OK' && !WHILE_AWAY.has(code))).toEqual([]);
    expect(counts()).toEqual({ taken: 0, waiting: 0, paused: 0 });
    signal('SIGCONT');
    expect(await until(async () => (await publish('after.flood')) === 'OK')).toBeLessThan(RESUMED_MS);
    flood.close();
  });
});

/** Sockets that keep 64 publishes each under way, and remember nothing but counts. */
class Flood {
  sent = 0;
  answered = 0;
  readonly codes = new Map<string, number>();
  private readonly sockets: WebSocket[] = [];
  private going = true;

  async connect(port: number, token: string): Promise<void> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, 'waybill.v1', { headers: { authorization: `Bearer ${token}` } });
    this.sockets.push(socket);
    socket.on('message', (data: Buffer) => this.receive(socket, data.toString()));
    await new Promise((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    for (let count = 0; count < 64; count += 1) this.send(socket);
  }

  stop(): void {
    this.going = false;
  }

  close(): void {
    for (const socket of this.sockets) socket.terminate();
  }

  private receive(socket: WebSocket, text: string): void {
    const frame = JSON.parse(text) as { readonly action: string; readonly code: string };
    if (frame.action !== 'reply') return;
    this.answered += 1;
    this.codes.set(frame.code, (this.codes.get(frame.code) ?? 0) + 1);
    if (this.going) this.send(socket);
  }

  private send(socket: WebSocket): void {
    this.sent += 1;
    const data = { topic: `flood.t${this.sent % 16}`, action: 'note', data: 'x'.repeat(1_000) };
    socket.send(JSON.stringify({ msg_id: `f-${this.sent}`, action: 'topic.publish', data }));
  }
}
