import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LoadSocket } from '../../src/cli/bench/load-socket.js';
import { CommandLine } from '../support/command-line.js';
import { startGateway, TEST_API_KEY, type TestGateway } from '../support/gateway.js';
import { migratedDatabase } from '../support/migrated-database.js';
import type { TestDatabase } from '../support/postgres.js';
import { Program } from '../support/program.js';

/** Of the format that DevTools open, what is looked at here. */
interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly hitCount: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
  }[];
  readonly samples: readonly number[];
}

interface Snapshot {
  readonly snapshot: { readonly node_count: number; readonly meta: { readonly node_fields: readonly string[] } };
  readonly nodes: readonly number[];
  readonly strings: readonly string[];
}

describe('waybill diagnose', () => {
  let database: TestDatabase;
  let program: Program;
  let dir: string;
  beforeAll(async () => {
    database = await migratedDatabase();
    program = await Program.start({ env: { DATABASE_URL: database.url, WAYBILL_API_KEY: TEST_API_KEY, WAYBILL_LOG_LEVEL: 'info' } });
    dir = await mkdtemp(join(tmpdir(), 'waybill-diagnose-'));
  });
  afterAll(async () => {
    await program.dispose();
    await database.drop();
    await rm(dir, { recursive: true, force: true });
  });

  function diagnose(argv: readonly string[], { key = TEST_API_KEY, stdin = '' } = {}): CommandLine {
    return new CommandLine(['--url', `http://127.0.0.1:${program.port}`, '--api-key', key, 'diagnose', ...argv], stdin);
  }

  async function askForTopics(until: Promise<unknown>): Promise<void> {
    let asking = true;
    void until.finally(() => (asking = false));
    while (asking)
      await fetch(`http://127.0.0.1:${program.port}/api/v1/topics?limit=1`, { headers: { authorization: `Bearer ${TEST_API_KEY}` } });
  }

  it('cpu fetches a profile that names the functions at work', async () => {
    const out = join(dir, 'busy.cpuprofile');
    const command = diagnose(['cpu', '--seconds', '2', '--out', out, '--json']);
    await askForTopics(command.exit);
    expect([await command.exit, command.err]).toEqual([0, '']);
    const profile = JSON.parse(await readFile(out, 'utf8')) as Profile;
    expect(profile.samples.length).toBeGreaterThan(100);
    const own = profile.nodes.filter(({ callFrame }) => callFrame.url.includes('/dist/gateway/'));
    expect(own.map(({ callFrame }) => callFrame.functionName)).toContain('walk');
    const { node_file: kept } = (await command.json()) as { node_file: string };
    expect(kept.startsWith(join(program.dataDir, 'diagnosis'))).toBe(true);
    expect(await readFile(kept, 'utf8')).toBe(await readFile(out, 'utf8'));
    for (const path of [kept, out]) expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('heap asks first, fetches a whole snapshot, tells how long the node stood still and who asked', async () => {
    const out = join(dir, 'one.heapsnapshot');
    const refused = diagnose(['heap', '--out', out], { stdin: 'no\n' });
    expect([await refused.exit, refused.err]).toEqual([2, expect.stringMatching(/stands still.*Not confirmed/s)]);
    const command = diagnose(['heap', '--out', out, '--json'], { stdin: 'yes\n' });
    expect(await command.exit).toBe(0);
    expect(await command.json()).toMatchObject({ file: out, bytes: (await stat(out)).size, stopped_ms: expect.any(Number) });
    const { snapshot, nodes, strings } = JSON.parse(await readFile(out, 'utf8')) as Snapshot;
    expect(nodes.length).toBe(snapshot.node_count * snapshot.meta.node_fields.length);
    expect(strings).toContain('ConnectionRegistry');
    expect(((await command.json()) as { stopped_ms: number }).stopped_ms).toBeGreaterThan(10);
    expect(program.output).toMatch(/"event":"audit",.*"actor":"key:bootstrap","action":"diagnostics.heap_snapshot"/);
  });

  it('loop shows delays, collections and what is open', async () => {
    const command = diagnose(['loop', '--seconds', '1', '--json']);
    await askForTopics(command.exit);
    const report = (await command.json()) as { delay_ms: { max: number; p99: number }; utilization: number; window_ms: number };
    expect(report).toMatchObject({
      active_resources: { TCPServerWrap: 2 },
      heap_spaces: { old: { used: expect.any(Number) } },
      gc: expect.any(Object),
    });
    expect(report.window_ms).toBeGreaterThanOrEqual(999);
    expect(report.utilization).toBeGreaterThan(0.05);
    expect(report.delay_ms.max).toBeGreaterThanOrEqual(report.delay_ms.p99);
    const shown = diagnose(['loop', '--seconds', '1']);
    expect(await shown.exit).toBe(0);
    expect(shown.out).toMatch(/^delay +p50 .* max \d.*\nbusy .*\n(.*\n)*OPEN +NUMBER\n/m);
  });

  it('keeps the connection of a download open: of a large one that ends with it, fetch of Node 24 fails an assertion', async () => {
    const { headers, body } = await fetch(`http://127.0.0.1:${program.port}/api/v1/ops/diagnostics/cpu-profile?seconds=0.1`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TEST_API_KEY}` },
    });
    await body?.cancel();
    expect(headers.get('connection')).toBe('keep-alive');
  });

  it('does one thing at a time', async () => {
    const first = diagnose(['cpu', '--seconds', '2', '--out', join(dir, 'first.cpuprofile')]);
    const second = async (): Promise<string> => {
      const command = diagnose(['cpu', '--seconds', '1', '--out', join(dir, 'second.cpuprofile')]);
      expect(await command.exit).toBe(1);
      return command.err;
    };
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await second()).toMatch(/UNAVAILABLE: a CPU profile has been under way for \d s/);
    expect(await first.exit).toBe(0);
  });

  it.each([
    ['a wrong key', ['cpu', '--seconds', '1'], 'wrong-key-0123456789', 1, /UNAUTHENTICATED/],
    ['too long a time', ['cpu', '--seconds', '61'], TEST_API_KEY, 1, /BAD_REQUEST: query\.seconds/],
  ] as const)('refuses %s', async (_, argv, key, code, sentence) => {
    const command = diagnose([...argv, '--out', join(dir, 'refused')], { key });
    expect([await command.exit, command.err]).toEqual([code, expect.stringMatching(sentence)]);
    await expect(stat(join(dir, 'refused'))).rejects.toThrow('ENOENT');
  });

  it('gives the heap only to a key with every scope, and only when it is confirmed', async () => {
    const post = (path: string, body: unknown, key: string): Promise<Response> =>
      fetch(`http://127.0.0.1:${program.port}/api/v1/${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const made = (await (await post('auth/keys', { name: 'watcher', scopes: ['ops'] }, TEST_API_KEY)).json()) as { data: { key: string } };
    const answers = [
      await post('ops/diagnostics/heap-snapshot', { confirm: true }, made.data.key),
      await post('ops/diagnostics/heap-snapshot', {}, TEST_API_KEY),
    ];
    expect(answers.map(({ status }) => status)).toEqual([403, 400]);
  });

  it('does not hold up a shutdown', async () => {
    const command = diagnose(['cpu', '--seconds', '60', '--out', join(dir, 'cut.cpuprofile')]);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const began = performance.now();
    expect(await program.terminate()).toBe(0);
    expect(performance.now() - began).toBeLessThan(20_000);
    await command.exit;
  });
});

describe('waybill slow', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway({ env: { WAYBILL_QUEUE_BYTES: '100000000', WAYBILL_WRITE_STALL_MS: '60000' } });
  });
  afterAll(() => gateway.stop());

  function slow(...argv: readonly string[]): CommandLine {
    return new CommandLine(['--url', `http://127.0.0.1:${gateway.port}`, '--api-key', TEST_API_KEY, 'slow', ...argv]);
  }

  it('lists a client that stopped reading, and nobody when it has gone', async () => {
    const opened = Promise.withResolvers<void>();
    const socket = new LoadSocket(
      {
        endpoint: { host: '127.0.0.1', port: gateway.port, tls: false, path: '/ws' },
        localAddress: undefined,
        token: await gateway.token('sloth'),
        topic: 'slow.topic',
      },
      { opened: () => opened.resolve(), ended: (_, { reason }) => opened.reject(new Error(reason)), text: () => undefined },
    );
    await opened.promise;
    expect([await slow().exit, slow().out]).toEqual([0, '']);
    socket.stopReading();
    const data = 'x'.repeat(60_000);
    const list = async (): Promise<{ items: unknown[]; total: number }> =>
      (await slow('--json').json()) as { items: unknown[]; total: number };
    await expect
      .poll(
        async () => {
          await Promise.all(Array.from({ length: 20 }, () => gateway.rest('POST', '/api/v1/topics/slow.topic/messages', { data })));
          return list();
        },
        { timeout: 30_000 },
      )
      .toMatchObject({
        total: 1,
        items: [{ user: 'sloth', address: '127.0.0.1', queued_bytes: expect.any(Number), queued_ms: expect.any(Number) }],
      });
    const table = slow();
    await table.exit;
    expect(table.out).toMatch(/^REF .*QUEUED.*\n\S+ +sloth +\S+ +\d+\.\d s +\d+ KiB .*slow\.topic/);
    expect(table.err).toMatch(/^1 slow, for which \d+ KiB wait\.\n$/);
    socket.cut();
    await expect.poll(list).toMatchObject({ total: 0 });
  });
});
