import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandLine } from '../support/command-line.js';
import { startGateway, TEST_API_KEY, type TestGateway } from '../support/gateway.js';
import { freePorts } from '../support/ports.js';

let gateway: TestGateway;
let emptyDir: string;

beforeAll(async () => {
  gateway = await startGateway();
  emptyDir = await mkdtemp(join(tmpdir(), 'waybill-cli-'));
});

afterAll(async () => {
  await gateway.stop();
  await rm(emptyDir, { recursive: true, force: true });
});

/** A command line at the test's gateway. */
function waybill(argv: readonly string[], stdin = ''): CommandLine {
  return new CommandLine(['--url', `http://127.0.0.1:${gateway.port}`, '--api-key', TEST_API_KEY, '--data-dir', emptyDir, ...argv], stdin);
}

describe('waybill', () => {
  it('pub prints the position, and the same msg_id is stored once', async () => {
    const first = waybill(['pub', 'cli.pub', 'Hello', '--msg-id', 'one']);
    expect([await first.exit, first.err]).toEqual([0, '']);
    expect(first.out).toMatch(/^cli\.pub [^ :]+:1 to 0 subscribers\n$/);
    const again = waybill(['pub', 'cli.pub', 'Hello', '--msg-id', 'one', '--json']);
    await again.exit;
    expect(JSON.parse(again.out)).toMatchObject({ topic: 'cli.pub', seq: 1, msg_id: 'one', duplicate: true });
  });

  it('pub takes JSON, text, standard input and a user, and sub prints them all, one line each', async () => {
    const sub = waybill(['sub', 'cli.sub', '--count', '4']);
    await sub.saysOf(/Connected/);
    await expect
      .poll(() =>
        gateway.rest('GET', '/api/v1/ops/connections?topic=cli.sub').then(({ body }) => (body.data as { items: [] }).items.length),
      )
      .toBe(1);
    expect(await waybill(['pub', 'cli.sub', '{"a":1}', '--action', 'cli.said']).exit).toBe(0);
    expect(await waybill(['pub', 'cli.sub', 'plain text']).exit).toBe(0);
    expect(await waybill(['pub', 'cli.sub', '-'], '[1,2]\n').exit).toBe(0);
    expect(await waybill(['pub', 'cli.sub', '"\\u001b[31mred"', '--user', 'bob']).exit).toBe(0);
    expect(await sub.exit).toBe(0);
    const lines = sub.out.trimEnd().split('\n');
    expect(lines.map((line) => line.replace(/ [^ ]+:/, ' E:'))).toEqual([
      'cli.sub E:1 cli.said {"a":1}',
      'cli.sub E:2 message "plain text"',
      'cli.sub E:3 message [1,2]',
      'cli.sub E:4 message "\\u001b[31mred"',
    ]);
  });

  it('sub begins where it is told, and ends well when interrupted', async () => {
    for (const text of ['a', 'b', 'c']) await waybill(['pub', 'cli.since', text]).exit;
    const all = waybill(['sub', 'cli.since', '--from-start', '-n', '3', '--json']);
    expect(await all.exit).toBe(0);
    const messages = all.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { seq: number; epoch: string; data: string });
    expect(messages.map(({ seq, data }) => [seq, data])).toEqual([
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
    ]);
    for (const since of ['2', `${messages[0]?.epoch ?? ''}:2`]) {
      const some = waybill(['sub', 'cli.since', '--since', since, '-n', '1']);
      expect(await some.exit).toBe(0);
      expect(some.out).toMatch(/:3 message "c"\n$/);
    }
    const waiting = waybill(['sub', 'cli.since']);
    await waiting.saysOf(/Connected/);
    waiting.interrupt();
    expect([await waiting.exit, waiting.out]).toEqual([0, '']);
  });

  it('sub receives broadcasts and the messages to its user', async () => {
    const sub = waybill(['sub', '$user', '$all', '--user', 'eve', '-n', '2']);
    await sub.saysOf(/Connected/);
    await expect
      .poll(() =>
        gateway
          .rest('GET', '/api/v1/ops/connections?user=eve')
          .then(({ body }) => (body.data as { items: { topics: string[] }[] }).items[0]?.topics.length),
      )
      .toBe(2);
    await gateway.rest('POST', '/api/v1/users/eve/messages', { data: 'to you' });
    await waybill(['pub', '$all', 'to all']).exit;
    expect(await sub.exit).toBe(0);
    expect(sub.out).toMatch(/^\$user\.eve \S+ message "to you"\n\$all \S+ message "to all"\n$/);
  });

  it('sub ends with the refusal where it may not', async () => {
    const sub = waybill(['sub', 'no topic name']);
    expect(await sub.exit).toBe(1);
    expect(sub.err).toContain('BAD_REQUEST');
  });

  it('token prints a token that works, and only that', async () => {
    const minted = waybill(['token', '--user', 'frank', '--subscribe', 'a.*', 'b', '--publish', 'a.*', '--ttl', '60']);
    expect(await minted.exit).toBe(0);
    const claims = JSON.parse(Buffer.from(minted.out.split('.')[1] ?? '', 'base64url').toString()) as { exp: number; iat: number };
    expect(claims).toMatchObject({ sub: 'frank', topics: { subscribe: ['a.*', 'b'], publish: ['a.*'] } });
    expect(claims.exp - claims.iat).toBe(60);
    const check = await fetch(`http://127.0.0.1:${gateway.port}/api/v1/auth/check`, {
      headers: { authorization: `Bearer ${minted.out.trim()}` },
    });
    expect(check.status).toBe(200);
  });

  it('connections lists who is connected, in a table or as JSON', async () => {
    const sub = waybill(['sub', 'cli.list', '--user', 'grace']);
    await sub.saysOf(/Connected/);
    const listed = waybill(['connections', '--user', 'grace']);
    expect(await listed.exit).toBe(0);
    expect(listed.out).toMatch(/^REF +USER +NODE +STATE/);
    expect(listed.out).toMatch(/grace +\S+ +open .* waybill-cli\//);
    sub.interrupt();
    await sub.exit;
    // The command ends when it has sent its close frame; the gateway notes the end when it has read it.
    const closed = async (): Promise<unknown> => {
      const command = waybill(['connections', '--state', 'closed', '--user', 'grace', '--json']);
      await command.exit;
      return JSON.parse(command.out);
    };
    await expect.poll(closed).toMatchObject({ items: [{ user: 'grace', state: 'closed' }] });
  });

  it('doctor finds a healthy gateway healthy, and leaves no topic behind', async () => {
    const doctor = waybill(['doctor', '--json']);
    await doctor.exit;
    const { checks } = JSON.parse(doctor.out) as { checks: { check: string; ok: boolean }[] };
    expect(checks.map(({ check }) => check)).toEqual(expect.arrayContaining(['open files', 'backlog', 'ports']));
    const ofTheGateway = checks.filter(({ check }) => ['node', 'gateway', 'socket'].includes(check));
    expect(ofTheGateway.map(({ check, ok }) => [check, ok])).toEqual([
      ['node', true],
      ['gateway', true],
      ['socket', true],
    ]);
    const topics = await gateway.rest('GET', '/api/v1/topics?prefix=doctor.');
    expect((topics.body.data as { items: unknown[] }).items).toEqual([]);
  });

  it('reads the API key from the data directory, and says where it looked', async () => {
    const url = ['--url', `http://127.0.0.1:${gateway.port}`];
    const without = new CommandLine([...url, '--data-dir', emptyDir, 'pub', 'cli.key', 'x']);
    expect([await without.exit, without.err]).toEqual([2, expect.stringContaining(join(emptyDir, 'api-key'))]);
    const dir = await mkdtemp(join(tmpdir(), 'waybill-cli-'));
    await writeFile(join(dir, 'api-key'), `${TEST_API_KEY}\n`);
    const found = new CommandLine([...url, '--data-dir', dir, 'pub', 'cli.key', 'x']);
    expect(await found.exit).toBe(0);
    await rm(dir, { recursive: true });
  });

  it.each([
    ['an API key that is not known', ['--api-key', 'wrong-key-0123456789', 'pub', 'a', 'b'], 1, /UNAUTHENTICATED/],
    ['a topic that is none', ['pub', 'no topic', 'b'], 1, /BAD_REQUEST: topic/],
    ['a token for nobody', ['token'], 2, /--user/],
    ['an unknown command', ['frobnicate'], 2, /unknown command/],
    ['an unknown option', ['pub', 'a', 'b', '--frob'], 2, /unknown option/],
    ['a missing argument', ['pub', 'a'], 2, /missing required argument/],
    ['a count that is none', ['sub', 'a', '-n', '0'], 2, /whole number/],
    ['a position that is none', ['sub', 'a', '--since', 'x'], 2, /SEQ or EPOCH:SEQ/],
    ['a URL that is none', ['--url', 'nonsense', 'pub', 'a', 'b'], 2, /http:\/\//],
    ['--help', ['sub', '--help'], 0, /Examples:/],
  ] as const)('%s exits as documented', async (_, argv, code, said) => {
    const command = waybill(argv);
    const exit = await command.exit;
    expect(exit).toBe(code);
    expect(command.out + command.err).toMatch(said);
  });

  it.each([['pub', 'a', 'b'], ['sub', 'a'], ['token', '-u', 'x'], ['connections'], ['doctor'], ['slow'], ['diagnose', 'loop']])(
    '%s exits with 3 where no gateway answers',
    async (...argv) => {
      const [port = 0] = await freePorts(1);
      const command = waybill(['--url', `http://127.0.0.1:${port}`, ...argv]);
      expect(await command.exit).toBe(3);
      expect(command.err + command.out).toContain('waybill serve');
    },
  );
});
