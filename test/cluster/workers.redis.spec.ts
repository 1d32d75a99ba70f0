import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Program } from '../support/program.js';
import { TestRedis } from '../support/redis.js';
import { TestSocket } from '../support/socket.js';
import { signToken, TEST_SECRET } from '../support/tokens.js';

const SOCKETS = 24;
const GRANTS = { topics: { subscribe: ['*'], publish: ['*'] } };

describe('two workers behind one port', () => {
  let redis: TestRedis;
  let program: Program;
  let sockets: readonly TestSocket[];

  beforeAll(async () => {
    redis = await TestRedis.start();
    program = await Program.start({
      env: { REDIS_URL: redis.url, WAYBILL_WORKERS: '2', WAYBILL_JWT_SECRET: TEST_SECRET, WAYBILL_NODE_ID: 'host' },
    });
    await until(async () => (await parts())['workers']?.state === 'ok');
    sockets = await Promise.all(Array.from({ length: SOCKETS }, (_, index) => connect(`user-${index}`)));
  });

  afterAll(async () => {
    await program.dispose();
    await redis.stop();
  });

  it('share the connections and one database', async () => {
    const counts = await Promise.all(['1', '2'].map((worker) => value(`/metrics/${worker}`, 'waybill_connections{transport="websocket"}')));
    expect(Math.min(...counts)).toBeGreaterThan(0);
    expect(counts[0]! + counts[1]!).toBe(SOCKETS);
    expect(await value('/metrics', 'waybill_connections{transport="websocket"}')).toBe(SOCKETS);
  });

  it('bring what is published by one to those of the other', async () => {
    for (const socket of sockets) await socket.request('topic.subscribe', { topics: [{ topic: 'news.all' }] });
    const reply = await sockets[0]?.request('topic.publish', { topic: 'news.all', data: 'hello' });
    expect(reply).toMatchObject({ code: 'OK', data: { seq: 1 } });
    for (const socket of sockets) expect((await socket.untilMessages('news.all', 1))[0]).toMatchObject({ data: 'hello' });
  });

  it('take a ticket that the other gave out', async () => {
    const headers = { authorization: `Bearer ${await token('walker')}` };
    for (let round = 0; round < 8; round += 1) {
      const answer = await fetch(`http://127.0.0.1:${program.port}/api/v1/auth/tickets`, { method: 'POST', headers });
      const { data } = (await answer.json()) as { data: { ticket: string } };
      const socket = await TestSocket.connect(program.port, undefined, { path: `/ws?ticket=${data.ticket}` });
      await socket.find((frame) => frame['action'] === 'welcome');
      await socket.close();
    }
  });

  it('are replaced when they end, without the others noticing, and their counts stay', async () => {
    const opened = await value('/metrics', 'waybill_connections_opened_total');
    const victim = workerPid('1');
    const [its, others] = [
      await value('/metrics/1', 'waybill_connections{transport="websocket"}'),
      await value('/metrics/2', 'waybill_connections{transport="websocket"}'),
    ];
    process.kill(victim, 'SIGKILL');
    await until(async () => sockets.filter(({ socket }) => socket.readyState === socket.CLOSED).length === its);
    await until(async () => (await parts())['workers']?.state === 'ok' && workerPid('1') !== victim);
    expect(sockets.filter(({ socket }) => socket.readyState === socket.OPEN)).toHaveLength(others);
    expect(await value('/metrics', 'waybill_connections_opened_total')).toBeGreaterThanOrEqual(opened);
    expect(program.output).toContain('worker 1 (process');
  });

  it('write whole lines of one log', () => {
    const lines = program.output.split('\n').filter((line) => line.startsWith('{'));
    expect(lines.length).toBeGreaterThan(SOCKETS);
    expect(() => lines.map((line) => JSON.parse(line) as unknown)).not.toThrow();
  });

  it('send everybody away in order when the program is told to stop', async () => {
    const open = sockets.filter(({ socket }) => socket.readyState === socket.OPEN);
    const closed = Promise.all(open.map((socket) => socket.closed));
    const pids = ['1', '2'].map(workerPid);
    expect(await program.terminate()).toBe(0);
    expect(new Set((await closed).map(({ code }) => code))).toEqual(new Set([1012]));
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
  });

  it('do not outlive the one that started them', async () => {
    await program.launch();
    await until(async () => (await parts())['workers']?.state === 'ok');
    const pids = ['1', '2'].map(workerPid);
    await program.kill9();
    await until(async () => pids.every((pid) => !isAlive(pid)));
  });

  const token = (user: string): Promise<string> =>
    signToken({ claims: { sub: user, exp: Math.floor(Date.now() / 1_000) + 600, ...GRANTS } });

  async function connect(user: string): Promise<TestSocket> {
    return TestSocket.connect(program.port, await token(user));
  }

  async function parts(): Promise<Record<string, { readonly state: string } | undefined>> {
    const answer = await fetch(`http://127.0.0.1:${program.opsPort}/readyz`).catch(() => undefined);
    return answer === undefined ? {} : ((await answer.json()) as { parts: Record<string, { state: string }> }).parts;
  }

  async function value(path: string, series: string): Promise<number> {
    const text = await (await fetch(`http://127.0.0.1:${program.opsPort}${path}`)).text();
    const found = text.split('\n').find((line) => line.startsWith(`${series} `));
    if (found === undefined) throw new Error(`${path} has no ${series}`);
    return Number(found.slice(series.length));
  }

  function workerPid(name: string): number {
    const children = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(program.pid)], { encoding: 'utf8' }).split('\n');
    return Number.parseInt(children.find((child) => child.endsWith(`--worker ${name}`)) ?? '0', 10);
  }

  function isAlive(pid: number): boolean {
    try {
      // A process that has ended stays until it is asked for.
      return !/^\d+ \(.*\) Z/.test(readFileSync(join('/proc', String(pid), 'stat'), 'utf8'));
    } catch {
      return false;
    }
  }
});

async function until(condition: () => Promise<boolean>, timeoutMs = 30_000): Promise<void> {
  for (const end = Date.now() + timeoutMs; !(await condition()); await new Promise((resolve) => setTimeout(resolve, 50))) {
    if (Date.now() > end) throw new Error('it did not come true');
  }
}
