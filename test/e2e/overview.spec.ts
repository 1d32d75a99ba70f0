import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OVERVIEW_NAMES, type OverviewSample } from '../../src/protocol/overview-sample.js';
import { CommandLine } from '../support/command-line.js';
import { startGateway, TEST_API_KEY, type TestGateway } from '../support/gateway.js';
import { OperatorSession } from '../support/operator-session.js';
import { TestSocket } from '../support/socket.js';

const ADMIN_PASSWORD = 'the first admin of these tests';
const OVERVIEW = '$ops.overview';

interface History {
  readonly node: string;
  readonly step_s: number;
  readonly from: number;
  readonly as_of: number;
  readonly series: Readonly<Record<string, readonly (number | null)[]>>;
}

let gateway: TestGateway;
let admin: OperatorSession;

beforeAll(async () => {
  gateway = await startGateway({ env: { WAYBILL_OPERATOR_PASSWORD: ADMIN_PASSWORD, WAYBILL_NODE_ID: 'node-7' } });
  admin = await OperatorSession.of(gateway.port, 'admin', ADMIN_PASSWORD);
});
afterAll(() => gateway.stop());

async function openConsole(): Promise<TestSocket> {
  const socket = await TestSocket.connect(gateway.port, undefined, { path: `/ws?ticket=${await admin.ticket()}` });
  await socket.find(({ action }) => action === 'welcome');
  await socket.request('topic.subscribe', { topics: [{ topic: OVERVIEW }] });
  return socket;
}

const samplesOf = (socket: TestSocket): readonly OverviewSample[] => socket.messages(OVERVIEW).map(({ data }) => data as OverviewSample);

async function history(query = ''): Promise<History> {
  return (await gateway.rest('GET', `/api/v1/ops/history${query}`)).body.data;
}

const overview = async (): Promise<OverviewSample> => (await gateway.rest('GET', '/api/v1/ops/overview')).body.data;

describe('the live overview', () => {
  it('comes once a second, the same to every console, and shows what users do alone', async () => {
    const consoles = [await openConsole(), await openConsole()];
    for (const one of consoles) await one.untilMessages(OVERVIEW, 4, 10_000);
    const [first = [], second = []] = consoles.map(samplesOf);
    expect(second.slice(0, 3).every((sample) => first.some(({ at }) => at === sample.at))).toBe(true);
    for (let n = 1; n < 4; n += 1) expect(first[n]?.at ?? 0).toBeGreaterThan((first[n - 1]?.at ?? 0) + 700);
    expect(Object.keys(first[0] ?? {}).toSorted()).toEqual(
      [...OVERVIEW_NAMES, 'at', 'node', 'degraded', 'problems', 'nodes', 'missing'].toSorted(),
    );
    expect(first.at(-1)).toMatchObject({
      node: 'node-7',
      connections: 2,
      publishes_per_s: 0,
      deliveries_per_s: 0,
      p99_ms: null,
      ready: true,
      degraded: [],
      problems: 0,
    });
    for (const one of consoles) await one.close();
  });

  it('counts publishes, deliveries and their latency, as REST does', async () => {
    const token = await gateway.token('alice');
    const reader = await TestSocket.connect(gateway.port, token);
    await reader.request('topic.subscribe', { topics: [{ topic: 'chat.lobby' }] });
    const watching = await openConsole();
    for (let n = 0; n < 20; n += 1) await gateway.rest('POST', '/api/v1/topics/chat.lobby/messages', { data: n });
    await gateway.rest(
      'POST',
      '/api/v1/topics/chat.lobby/messages',
      { data: 1 },
      { authorization: `Bearer ${await gateway.token('bob', {})}` },
    );
    await reader.untilMessages('chat.lobby', 20);
    await watching.find(() => sum(samplesOf(watching).map((sample) => sample.deliveries_per_s)) >= 19, 10_000);
    const samples = samplesOf(watching);
    expect(Math.round(sum(samples.map((sample) => sample.publishes_per_s)))).toBeGreaterThanOrEqual(18);
    expect(samples.at(-1)?.p50_ms).toBeGreaterThan(0);
    expect(await overview()).toMatchObject({ node: 'node-7', connections: 2, p50_ms: expect.any(Number) as number });
    await watching.untilMessages(OVERVIEW, samples.length + 1);
    const { series } = await history('?minutes=1&step_s=1');
    expect(Math.round(sum(series['publishes_per_s'] ?? []))).toBeGreaterThanOrEqual(18);
    expect(sum(series['refused_publishes_per_s'] ?? [])).toBeGreaterThan(0);
    for (const socket of [reader, watching]) await socket.close();
  });

  it('is not made while nobody listens, and the history goes on', async () => {
    const before = (await history('?minutes=5&step_s=1')).series['connections']?.length ?? 0;
    const counted = (): Promise<string> => fetch(`http://127.0.0.1:${gateway.opsPort}/metrics`).then((answer) => answer.text());
    const publishes = async (): Promise<string | undefined> =>
      /waybill_publishes_total\{source="system",namespace="\$ops",result="OK"\} (\d+)/.exec(await counted())?.[1];
    const told = await publishes();
    expect(Number(told)).toBeGreaterThan(3);
    await expect
      .poll(async () => (await history('?minutes=5&step_s=1')).series['connections']?.length ?? 0, { timeout: 10_000 })
      .toBeGreaterThan(before + 2);
    expect(await publishes()).toBe(told);
  });
});

describe('the history of a node', () => {
  it('is said by REST and by the command alike', async () => {
    const answered = await history('?minutes=1&step_s=1');
    expect(answered).toMatchObject({ node: 'node-7', step_s: 1 });
    const lengths = new Set(OVERVIEW_NAMES.map((name) => answered.series[name]?.length));
    expect(lengths.size).toBe(1);
    const steps = answered.series['connections']?.length ?? 0;
    expect(Math.abs(answered.from + steps * 1_000 - answered.as_of)).toBeLessThan(2_500);
    const base = ['--url', `http://127.0.0.1:${gateway.port}`, '--api-key', TEST_API_KEY, '--data-dir', tmpdir()];
    const ask = ['history', '--minutes', '1', '--step', '1'];
    const command = new CommandLine([...base, ...ask]);
    expect(await command.exit).toBe(0);
    expect(command.out).toContain('PUBLISHES/S');
    const said = (await new CommandLine([...base, '--json', ...ask]).json()) as History;
    expect(Object.keys(said.series)).toEqual([...OVERVIEW_NAMES]);
  });

  it.each([
    ['minutes=0', 'query.minutes'],
    ['minutes=61', 'query.minutes'],
    ['minutes=6&step_s=1', 'query.minutes'],
    ['step_s=5', 'query.step_s'],
    ['step_s=610', 'query.step_s'],
    ['hours=1', 'query.hours'],
  ])('refuses %s', async (query, field) => {
    const { status, body } = await gateway.rest('GET', `/api/v1/ops/history?${query}`);
    expect([status, body.field]).toEqual([400, field]);
  });
});

function sum(values: readonly (number | null)[]): number {
  return values.reduce<number>((total, value) => total + (value ?? 0), 0);
}
