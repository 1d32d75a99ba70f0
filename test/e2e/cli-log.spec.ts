import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { run } from '../../src/cli/run.js';
import { Terminal } from '../../src/cli/terminal.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { freePort } from '../support/ports.js';
import { freshDatabase } from '../support/postgres.js';
import { Program } from '../support/program.js';
import { TestSocket } from '../support/socket.js';

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

let emptyDir: string;

beforeAll(async () => void (emptyDir = await mkdtemp(join(tmpdir(), 'waybill-cli-'))));
afterEach(() => vi.unstubAllEnvs());
afterAll(() => rm(emptyDir, { recursive: true, force: true }));

/** Runs `waybill log …`; `database` is the DATABASE_URL it sees. */
async function log(argv: readonly string[], database: string | undefined, stdin?: string): Promise<Ended> {
  vi.stubEnv('DATABASE_URL', database);
  const written = { out: '', err: '' };
  const into = (name: keyof typeof written) => ({ write: (text: string) => void (written[name] += text) });
  const code = await run(['log', '--data-dir', emptyDir, ...argv], {
    terminal: new Terminal(into('out'), into('err')),
    stdin: stdin === undefined ? new PassThrough().end() : Readable.from([stdin]),
    interrupted: new AbortController().signal,
  });
  return { code, ...written };
}

describe('waybill log', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startGateway({ env: { WAYBILL_HEAD_SWEEP_MS: '100' } });
    for (const topic of ['a', 'a', 'a', 'b']) await gateway.rest('POST', `/api/v1/topics/log.${topic}/messages`, { data: 1 });
  });
  afterAll(() => gateway.stop());

  const status = async (): Promise<Record<string, unknown>> =>
    JSON.parse((await log(['status', '--json'], gateway.database.url)).out) as Record<string, unknown>;

  it('status shows the generation, the database, and what each partition holds', async () => {
    expect(await status()).toMatchObject({
      generation: expect.stringMatching(/^1[0-9a-f]{7}$/) as string,
      generation_number: 1,
      system_identifier: expect.stringMatching(/^\d{15,}$/) as string,
      timeline: '00000001',
      topics: 2,
      messages: 4,
      partitions: expect.arrayContaining([
        expect.objectContaining({ keep_days: 7, messages: 4, topics: 2 }),
        expect.objectContaining({ keep_days: 7, messages: 0, topics: 0 }),
      ]) as unknown,
    });
    const { code, out } = await log(['status'], gateway.database.url);
    expect(code).toBe(0);
    expect(out).toMatch(/^generation {3}1[0-9a-f]{7} \(number 1, since .*: the log was made\)$/m);
    expect(out).toMatch(/^message_keep7_\d{8} +\d{4}-\d\d-\d\d +\d{4}-\d\d-\d\d +7 d +2 +4 +\d+$/m);
  });

  it('status counts what is still there of a topic that was deleted or trimmed', async () => {
    await gateway.rest('POST', '/api/v1/topics/log.deleted/messages', { data: 1 });
    expect(await status()).toMatchObject({ topics: 3, messages: 5 });
    await gateway.rest('DELETE', '/api/v1/topics/log.deleted');
    expect(await status()).toMatchObject({ topics: 2, messages: 4 });
  });

  it('reset tells everybody who is here, and whoever comes back', async () => {
    const socket = await TestSocket.connect(gateway.port, await gateway.token('alice'));
    const subscribed = await socket.request('topic.subscribe', { topics: [{ topic: 'log.a' }] });
    const { epoch } = (subscribed['data'] as { topics: [{ epoch: string }] }).topics[0];
    const before = await status();
    const reset = await log(['reset', '--yes', '--reason', 'a drill', '--json'], gateway.database.url);
    expect([reset.code, reset.err]).toEqual([0, '']);
    const { generation, previous } = JSON.parse(reset.out) as { generation: string; previous: string };
    expect(previous).toBe(before['generation']);
    expect(await status()).toMatchObject({ generation, generation_number: 2, generation_reason: 'a drill', messages: 4 });
    const ofLog = (data: unknown): boolean => (data as { topic: string }).topic === 'log.a';
    const told = await socket.find((frame) => frame['action'] === 'topic.reset' && ofLog(frame['data']), 30_000);
    expect(told['data']).toEqual({ topic: 'log.a', epoch: generation });
    await socket.close();
    const later = await TestSocket.connect(gateway.port, await gateway.token('alice'));
    const back = await later.request('topic.subscribe', { topics: [{ topic: 'log.a', epoch, seq: 3 }] });
    expect(back).toMatchObject({ data: { topics: [{ topic: 'log.a', epoch: generation, recovered: false, head: 3 }] } });
    await later.close();
  });

  it.each([
    ['yes', 'yes\n', 0],
    ['no', 'no\n', 2],
    ['nothing', undefined, 2],
  ])('reset asks, and is answered %s', async (_, answer, code) => {
    const before = await status();
    const asked = await log(['reset'], gateway.database.url, answer);
    expect(asked.code).toBe(code);
    expect(asked.err).toMatch(
      /has 2 topics and 4 messages\.\nEvery topic gets a new epoch: .*\n.*No message is removed\.\nType yes to go on:/,
    );
    if (code === 0) expect(asked.out).toMatch(/^The log has generation \S+ now; it was \S+\.\n$/);
    else expect(asked.err).toContain('Not confirmed; nothing was changed.');
    expect((await status())['generation'] === before['generation']).toBe(code !== 0);
  });

  it('says what is missing where there is no database, or no log in it', async () => {
    const none = await log(['status'], undefined);
    expect([none.code, none.err]).toEqual([3, expect.stringContaining(`none runs in ${emptyDir}`)]);
    const away = await log(['status'], `postgres://waybill:geheim@127.0.0.1:${await freePort()}/app`);
    expect([away.code, away.err]).toEqual([3, expect.stringMatching(/No connection to Postgres at 127\.0\.0\.1:\d+\/app .*ECONNREFUSED/)]);
    expect(away.err).not.toContain('geheim');
    const empty = await freshDatabase();
    const noLog = await log(['reset', '--yes'], empty.url);
    expect([noLog.code, noLog.err]).toEqual([2, expect.stringContaining('There is no log in')]);
    await empty.drop();
  });
});

describe('waybill log beside a gateway with an embedded database', () => {
  it('finds that database in the data directory', { timeout: 180_000 }, async () => {
    const program = await Program.start();
    try {
      const found = await log(['--data-dir', program.dataDir, 'status', '--json'], undefined);
      expect([found.code, found.err]).toEqual([0, '']);
      expect(JSON.parse(found.out)).toMatchObject({ generation_number: 1, topics: 0, messages: 0, oldest_day: null });
    } finally {
      await program.dispose();
    }
  });
});
