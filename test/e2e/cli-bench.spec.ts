import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BenchReport } from '../../src/cli/bench/report.js';
import { CommandLine } from '../support/command-line.js';
import { startGateway, TEST_API_KEY, type TestGateway } from '../support/gateway.js';
import { migratedDatabase } from '../support/migrated-database.js';
import { Program } from '../support/program.js';

const MOST_CONNECTIONS = 60;

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway({ env: { WAYBILL_MAX_CONNECTIONS: String(MOST_CONNECTIONS), WAYBILL_QUEUE_BYTES: '65536' } });
});
afterAll(() => gateway.stop());

function argv(...words: readonly string[]): readonly string[] {
  return ['--url', `http://127.0.0.1:${gateway.port}`, '--api-key', TEST_API_KEY, 'bench', ...words];
}

/** A benchmark of the test's gateway. */
function bench(...words: readonly string[]): CommandLine {
  return new CommandLine([...argv(...words), '--ops-url', `http://127.0.0.1:${gateway.opsPort}`]);
}

async function reportOf(command: CommandLine): Promise<BenchReport> {
  return (await command.json()) as BenchReport;
}

async function connectionsOf(filter: string): Promise<readonly { readonly id: string }[]> {
  const { body } = await gateway.rest('GET', `/api/v1/ops/connections?${filter}`);
  return (body.data as { items: readonly { readonly id: string }[] }).items;
}

describe('waybill bench connect', () => {
  it('measures each stage, its REST load and the node', async () => {
    const command = bench('connect', '--stages', '10,30', '--duration', '1', '--rest', '20', '--json');
    expect([await command.exit, (await reportOf(command)).problems]).toEqual([0, []]);
    const { stages, node, interrupted } = await reportOf(command);
    expect({ node, interrupted }).toEqual({ node: { known: true }, interrupted: false });
    expect(stages.map(({ stage, figures }) => [stage, figures['open']])).toEqual([
      ['10 connections', 10],
      ['30 connections', 30],
    ]);
    for (const { figures } of stages) {
      expect(figures).toMatchObject({
        handshake_p99_ms: expect.any(Number),
        node_rss_mib: expect.any(Number),
        node_gc_percent: expect.any(Number),
      });
      expect(figures['rest_per_s']).toBeGreaterThan(5);
      expect(figures['node_rss_mib']).toBeGreaterThan(20);
    }
    expect(command.err).toMatch(/10 open.*; node \d+ MiB/);
    await expect.poll(() => connectionsOf('state=open')).toEqual([]);
  });

  it('paces the handshakes as it is told', async () => {
    const { stages } = await reportOf(bench('connect', '-n', '20', '--rate', '20', '--duration', '1', '--json'));
    expect(stages[0]?.figures['opened_per_s']).toBeGreaterThan(15);
    expect(stages[0]?.figures['opened_per_s']).toBeLessThan(25);
  });

  it('tells handshakes that the node refused, and fails', async () => {
    const command = bench('connect', '-n', String(MOST_CONNECTIONS + 5), '--duration', '1', '--json');
    expect(await command.exit).toBe(1);
    expect(await reportOf(command)).toMatchObject({
      stages: [{ figures: { open: MOST_CONNECTIONS }, failures: { 'HTTP 503 UNAVAILABLE': 5 } }],
      problems: [`65 connections: only ${MOST_CONNECTIONS} are open`],
    });
  });

  it('says where it does not know the node’s side', async () => {
    const command = new CommandLine(argv('connect', '-n', '5', '--duration', '1', '--ops-url', 'http://127.0.0.1:1'));
    expect(await command.exit).toBe(0);
    expect(command.out).toMatch(/^open +5$/m);
    expect(command.out).toMatch(/The node's side is unknown: nothing answers at http:\/\/127\.0\.0\.1:1/);
  });

  it('reports what it measured when it is interrupted', async () => {
    const command = bench('connect', '-n', '10', '--duration', '60', '--json');
    await command.saysOf(/10 open/);
    command.interrupt();
    expect([await command.exit, await reportOf(command)]).toMatchObject([0, { interrupted: true, stages: [{ figures: { open: 10 } }] }]);
  });
});

describe('a benchmark whose node is killed', () => {
  it('reports what it measured until then, and fails', async () => {
    const database = await migratedDatabase();
    const program = await Program.start({ env: { DATABASE_URL: database.url, WAYBILL_API_KEY: TEST_API_KEY } });
    const url = ['--url', `http://127.0.0.1:${program.port}`, '--api-key', TEST_API_KEY];
    const command = new CommandLine([...url, 'bench', 'connect', '--stages', '10,20', '--duration', '3', '--json']);
    await command.saysOf(/10 open/);
    await program.kill9();
    expect(await command.exit).toBe(1);
    const { stages, problems } = await reportOf(command);
    expect(stages).toMatchObject([{ stage: '10 connections', figures: { open: 0 } }]);
    expect(Object.values(stages[0]?.closes ?? {}).reduce((sum, times) => sum + times, 0)).toBe(10);
    expect(problems).toEqual(
      expect.arrayContaining(['10 connections: 10 connections ended unasked', expect.stringMatching(/^It broke off: /)]),
    );
    await program.dispose();
    await database.drop();
  });
});

describe('waybill bench fanout', () => {
  it('sees every message at every subscriber, from several processes too', async () => {
    Program.build();
    const { stdout } = await promisify(execFile)('node', [
      'bin/waybill.js',
      ...argv('fanout', '--stages', '10,20', '--rate', '40', '--duration', '1', '--processes', '2', '--json'),
    ]);
    const { stages, problems } = JSON.parse(stdout) as BenchReport;
    expect(problems).toEqual([]);
    for (const [index, subscribers] of [10, 20].entries()) {
      const figures = stages[index]?.figures ?? {};
      const published = (figures['deliveries'] ?? 0) / subscribers;
      expect(Number.isInteger(published)).toBe(true);
      expect(published).toBeGreaterThan(20);
      expect(figures).toMatchObject({ open: subscribers, lost: 0, delivery_p99_ms: expect.any(Number) });
    }
  });

  it('counts what a subscriber lost with its connection, and fails', async () => {
    const command = bench('fanout', '-n', '20', '--rate', '20', '--duration', '3', '--topic', 'bench.cut', '--json');
    await command.saysOf(/20 open; \d+ delivered/);
    const [victim] = await connectionsOf('user=bench.cut.reader.7');
    await gateway.rest('DELETE', `/api/v1/ops/connections/${victim?.id ?? ''}`);
    expect(await command.exit).toBe(1);
    const { stages, problems } = await reportOf(command);
    expect(stages).toMatchObject([{ figures: { open: 19 }, closes: { 'close 4400 disconnected by an operator': 1 } }]);
    expect(stages[0]?.figures['lost']).toBeGreaterThan(0);
    expect(problems).toEqual([
      expect.stringMatching(/messages were lost with the connections that ended/),
      expect.stringMatching(/1 connections ended unasked/),
    ]);
  });
});

describe('waybill bench publish', () => {
  it('finds each acknowledgement in the log', async () => {
    const command = bench('publish', '-n', '3', '--topics', '2', '--duration', '1', '--topic', 'bench.log', '--json');
    expect(await command.exit).toBe(0);
    const { stages } = await reportOf(command);
    const heads = await Promise.all([0, 1].map((index) => gateway.rest('GET', `/api/v1/topics/bench.log.${index}`)));
    const stored = heads.reduce((sum, { body }) => sum + (body.data as { head: number }).head, 0);
    expect(stored).toBeGreaterThan(50);
    expect(stages).toMatchObject([{ stage: '3 publishers', figures: { acknowledged: stored } }]);
  });

  it('fails where the log lacks what was acknowledged', async () => {
    const command = bench('publish', '-n', '1', '--topics', '1', '--rate', '20', '--duration', '2', '--topic', 'bench.gone', '--json');
    await command.saysOf(/[1-9]\d* acknowledged/);
    await gateway.rest('DELETE', '/api/v1/topics/bench.gone.0');
    expect(await command.exit).toBe(1);
    expect((await reportOf(command)).problems).toEqual([
      expect.stringMatching(/^bench\.gone\.0: \d+ publishes were acknowledged up to \d+, and/),
    ]);
  });
});

describe('waybill bench storm', () => {
  it('waits until all are back', async () => {
    const command = bench('storm', '-n', '40', '--duration', '1', '--jitter', '1', '--subscribe', '--json');
    expect(await command.exit).toBe(0);
    const { stages } = await reportOf(command);
    expect(stages.map(({ stage, figures }) => [stage, figures['open']])).toEqual([
      ['before', 40],
      ['storm', 40],
    ]);
    expect(stages[1]?.figures['all_back_s']).toBeLessThan(10);
    expect(stages[1]?.figures['away_p50_ms']).toBeGreaterThan(100);
  });
});

describe('waybill bench slow', () => {
  // The kernels take up to twenty megabytes of a connection before anything waits in the gateway.
  const load = ['--rate', '150', '--bytes', '60000', '--json'];

  it.each([[['--duration', '5']], [['--drip', '--duration', '7']]])(
    'sees subscribers that do not read ended, and the others served %s',
    async (manner) => {
      const command = bench('slow', '-n', '4', '--slow', '2', ...manner, ...load);
      const report = await reportOf(command);
      expect([await command.exit, report.problems]).toEqual([0, []]);
      expect(report.stages.map(({ stage, figures }) => [stage, figures['open'], figures['lost']])).toEqual([
        ['before', 4, 0],
        ['during', 4, 0],
        ['slow ones', 0, undefined],
      ]);
      expect(report.stages[2]).toMatchObject({ figures: { closed: 2 }, closes: { 'close 4408 slow consumer': 2 } });
    },
  );

  it('fails where the node keeps them', async () => {
    const command = bench('slow', '-n', '5', '--slow', '1', '--rate', '5', '--bytes', '100', '--duration', '1', '--json');
    expect(await command.exit).toBe(1);
    expect((await reportOf(command)).problems).toEqual([expect.stringMatching(/^1 of 1 slow connections were still open/)]);
  });
});

describe('waybill bench', () => {
  it.each([
    ['no scenario', [], 2, /connect.*fanout/s],
    ['an unknown scenario', ['frob'], 2, /unknown command 'frob'/],
    ['stages that fall', ['connect', '--stages', '10,5'], 2, /must rise/],
    ['an address that is none', ['connect', '--ops-url', 'frob'], 2, /--ops-url "frob"/],
    ['more connections than open files', ['connect', '-n', '100000000', '--processes', '1'], 2, /ulimit -n 100000200 first/],
  ] as const)('with %s says so', async (_, words, code, sentence) => {
    const command = new CommandLine(argv(...words));
    expect(await command.exit).toBe(code);
    expect(command.err).toMatch(sentence);
  });

  it('ends at once with a wrong API key, and where no gateway answers', async () => {
    const wrong = new CommandLine(['--url', `http://127.0.0.1:${gateway.port}`, '--api-key', 'wrong-key-0123456789', 'bench', 'connect']);
    expect([await wrong.exit, wrong.err]).toEqual([1, expect.stringContaining('UNAUTHENTICATED')]);
    const away = new CommandLine(['--url', 'http://127.0.0.1:1', '--api-key', TEST_API_KEY, 'bench', 'connect']);
    expect([await away.exit, away.err]).toEqual([3, expect.stringContaining('waybill serve')]);
  });
});
