import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandLine } from '../support/command-line.js';
import { accountOf } from '../../src/monitoring/accounting/accounting.js';
import { Metrics } from '../../src/monitoring/metrics/metrics.js';
import { startGateway, TEST_API_KEY, type TestGateway } from '../support/gateway.js';
import { TestSocket } from '../support/socket.js';

let gateway: TestGateway;

beforeAll(async () => {
  const namespaces = {
    closes: { durable: false },
    drops: { durable: false, slow: 'drop_oldest' },
    latest: { durable: false, slow: 'keep_latest' },
  };
  gateway = await startGateway({
    env: { WAYBILL_QUEUE_MESSAGES: '20', WAYBILL_QUEUE_BYTES: '400000' },
    file: { messaging: { namespaces } },
  });
});

afterAll(async () => {
  await gateway.stop();
});

interface Account {
  readonly namespace: string;
  readonly published: { readonly accepted: number; readonly stored: number; readonly repeated: number; readonly refused: number };
  readonly deliveries: Readonly<
    Record<'matched' | 'written' | 'dropped' | 'queued' | 'unconfirmed' | 'not_written' | 'difference', number>
  >;
}

async function accounting(): Promise<{ readonly balanced: boolean; readonly items: readonly Account[] }> {
  return (await gateway.rest('GET', '/api/v1/ops/accounting')).body.data;
}

function waybill(...argv: readonly string[]): CommandLine {
  return new CommandLine(['--url', `http://127.0.0.1:${gateway.port}`, '--api-key', TEST_API_KEY, '--data-dir', tmpdir(), ...argv]);
}

describe('is anything being lost (Q9)', () => {
  it('balances in every turn and at rest, while readers are slow, are dropped from, and die', { timeout: 60_000 }, async () => {
    const metrics = gateway.gateway.app.get(Metrics);
    const seen: number[] = [];
    let looks = 0;
    let looking = true;
    const look = (): void => {
      looks += 1;
      for (const { deliveries } of accountOf(metrics)) if (deliveries.difference !== 0) seen.push(deliveries.difference);
      if (looking) setImmediate(look);
    };
    look();
    const topics = ['closes.a', 'drops.a', 'latest.a', 'stored.a'];
    const token = await gateway.token('reader');
    const readers = await Promise.all(Array.from({ length: 12 }, () => TestSocket.connect(gateway.port, token)));
    for (const reader of readers) await reader.request('topic.subscribe', { topics: topics.map((topic) => ({ topic })) });
    // A third reads, a third is slow, a third dies.
    for (const reader of readers.slice(4)) reader.socket.pause();
    const writer = await TestSocket.connect(gateway.port, await gateway.token('writer'));
    const data = 'x'.repeat(30_000);
    for (let round = 0; round < 150; round += 1) {
      await Promise.all(topics.map((topic) => writer.request('topic.publish', { topic, data }, `${topic}-${round}`)));
      if (round % 30 === 29) readers[8 + Math.floor(round / 30) - 1]?.socket.terminate();
      if (round === 100) for (const reader of readers.slice(4, 6)) reader.socket.resume();
    }
    for (const reader of readers) reader.socket.resume();
    for (const reader of readers) reader.socket.terminate();
    await expect.poll(async () => (await accounting()).items.reduce((sum, { deliveries }) => sum + deliveries.queued, 0)).toBe(0);
    looking = false;
    const { balanced, items } = await accounting();
    expect([balanced, seen]).toEqual([true, []]);
    expect(looks).toBeGreaterThan(100);
    const total = (result: 'matched' | 'written' | 'dropped' | 'unconfirmed' | 'not_written'): number =>
      items.reduce((sum, { deliveries }) => sum + deliveries[result], 0);
    expect(total('matched')).toBe(total('written') + total('dropped') + total('unconfirmed') + total('not_written'));
    for (const result of ['matched', 'written', 'dropped', 'unconfirmed', 'not_written'] as const)
      expect(total(result), result).toBeGreaterThan(0);
    expect(items.find(({ namespace }) => namespace === 'drops')?.published).toMatchObject({
      accepted: 150,
      stored: 150,
      repeated: 0,
      refused: 0,
    });
    const metricsText = await (await fetch(`http://127.0.0.1:${gateway.opsPort}/metrics`)).text();
    expect(metricsText).toMatch(/waybill_delivery_imbalance\{namespace="drops"\} 0/);
    await writer.close();
  });

  it('tells a repeat from a message', async () => {
    const publish = () => gateway.rest('POST', '/api/v1/topics/twice.a/messages', { action: 'a', data: 1, msg_id: 'same' });
    await publish();
    await publish();
    expect((await accounting()).items.find(({ namespace }) => namespace === 'other')?.published.repeated).toBe(1);
  });

  it('shows a count that is wrong, in the status too', async () => {
    const matched = gateway.gateway.app.get(Metrics).series.deliveries.of('drops', 'matched');
    matched.add(3);
    expect(await accounting()).toMatchObject({ balanced: false });
    const status = waybill('status');
    expect([await status.exit, status.out]).toEqual([
      1,
      expect.stringContaining('WRONG  deliveries do not balance: 3 are unaccounted for'),
    ]);
    gateway.gateway.app.get(Metrics).series.deliveries.of('drops', 'written').add(3);
    expect(await accounting()).toMatchObject({ balanced: true });
  });
});

describe('the status (Q9, Q10, Q17, Q19)', () => {
  it('is the same by REST and by the command', async () => {
    const rest = (await gateway.rest('GET', '/api/v1/ops/summary')).body.data as Record<string, never>;
    const command = (await waybill('--json', 'status').json()) as Record<string, never>;
    const steady = (summary: Record<string, never>) => {
      const { limits, objectives, latency, node, version, problems, loss } = summary as unknown as {
        limits: { name: string; limit: number }[];
        objectives: { name: string; burning: boolean }[];
        latency: { namespace: string; messages: number; p99_ms: number }[];
        node: string;
        version: string;
        problems: string[];
        loss: { windows: { matched: number; dropped: number }[] };
      };
      return {
        limits: limits.map(({ name, limit }) => [name, limit]).toSorted(),
        objectives: objectives.map(({ name, burning }) => [name, burning]),
        latency,
        node,
        version,
        problems,
        loss: loss.windows.map(({ matched, dropped }) => [matched, dropped]),
      };
    };
    expect(steady(command)).toEqual(steady(rest));
    const { limits, latency, loss } = steady(rest);
    expect(limits.map(([name]) => name)).toEqual(
      expect.arrayContaining([
        'connections',
        'descriptors',
        'memory',
        'heap',
        'event_loop',
        'database_connections',
        'send_queue',
        'publish_queue',
      ]),
    );
    expect(latency.find(({ namespace }) => namespace === 'drops')?.messages).toBeGreaterThan(0);
    expect(loss[0]?.[1]).toBeGreaterThan(0);
    const text = waybill('status');
    await text.exit;
    for (const heading of ['LIMIT', 'OBJECTIVE', 'NAMESPACE', 'Deliveries balance']) expect(text.out).toContain(heading);
  });
});
