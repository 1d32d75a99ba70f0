import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Hub } from '../../src/messaging/hub.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { TestSocket } from '../support/socket.js';

const NAMESPACES = 20;
const TOPICS = 100_000;
const OPEN_METRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
const TEXT = 'text/plain; version=0.0.4; charset=utf-8';

describe('the metrics of a whole node', () => {
  let gateway: TestGateway;
  let token: string;

  beforeAll(async () => {
    const namespaces = Object.fromEntries(Array.from({ length: NAMESPACES }, (_, index) => [`ns${index}`, { durable: false }]));
    // Comparing so many heads every two seconds is another test's business.
    const env = { WAYBILL_TRACE_RATIO: '1', WAYBILL_HEAD_SWEEP_MS: '0' };
    gateway = await startGateway({ file: { messaging: { namespaces } }, env });
    token = await gateway.token('alice');
  });
  afterAll(() => gateway?.stop());

  async function scrape(accept?: string): Promise<{ readonly type: string; readonly lines: readonly string[] }> {
    const answer = await fetch(`http://127.0.0.1:${gateway.opsPort}/metrics`, accept === undefined ? {} : { headers: { accept } });
    return { type: answer.headers.get('content-type') ?? '', lines: (await answer.text()).split('\n') };
  }

  const samples = (lines: readonly string[]): readonly string[] => lines.filter((line) => line !== '' && !line.startsWith('#'));
  const names = (lines: readonly string[]): ReadonlySet<string> =>
    new Set(samples(lines).flatMap((line) => /^waybill_\w+/.exec(line) ?? []));

  it('says that it is ready, what state its parts are in, and that the bus is there', async () => {
    const { lines } = await scrape();
    const readyz = (await (await fetch(`http://127.0.0.1:${gateway.opsPort}/readyz`)).json()) as { parts: Record<string, unknown> };
    const parts = Object.keys(readyz.parts);
    expect(parts.length).toBeGreaterThan(4);
    expect(lines.filter((line) => line.startsWith('waybill_health_state{'))).toHaveLength(parts.length);
    for (const part of parts) expect(lines.join('\n')).toMatch(new RegExp(`^waybill_health_state\\{part="${part}"\\} [012]$`, 'm'));
    for (const line of ['waybill_ready 1', 'waybill_bus_connected{role="publish"} 1', 'waybill_bus_connected{role="subscribe"} 1']) {
      expect(lines).toContain(line);
    }
  });

  it('speaks the format that is asked for, to its end', async () => {
    const text = await scrape();
    expect([text.type, text.lines.filter((line) => line === '# EOF')]).toEqual([TEXT, []]);
    const openMetrics = await scrape(OPEN_METRICS);
    expect([openMetrics.type, openMetrics.lines.slice(-2)]).toEqual([OPEN_METRICS, ['# EOF', '']]);
    expect(openMetrics.lines.filter((line) => line === '# EOF')).toHaveLength(1);
  });

  it('leads from the latency of a publish by socket to its trace', async () => {
    const socket = await TestSocket.connect(gateway.port, token);
    await socket.request('topic.subscribe', { topics: [{ topic: 'orders.traced' }] });
    const reply = await socket.request('topic.publish', { topic: 'orders.traced', data: 1 });
    await socket.untilMessages('orders.traced', 1);
    const { lines } = await scrape(OPEN_METRICS);
    const exemplar = (name: string): string | undefined =>
      lines
        .filter((line) => line.startsWith(name) && line.includes(' # {'))
        .flatMap((line) => /trace_id="([0-9a-f]{32})"/.exec(line)?.slice(1, 2) ?? [])[0];
    const traceId = exemplar('waybill_publish_duration_seconds_bucket{');
    expect(reply).toMatchObject({ code: 'OK' });
    expect(exemplar('waybill_delivery_latency_seconds_bucket{')).toBe(traceId);
    expect(exemplar('waybill_append_duration_seconds_bucket{')).toBe(traceId);
    const { body } = await gateway.rest('GET', `/api/v1/ops/traces/${traceId}`);
    const spans = (body.data as { spans: readonly { name: string }[] }).spans.map(({ name }) => name);
    expect(spans).toEqual(expect.arrayContaining(['publish orders', 'append', 'deliver orders']));
    expect(lines).toContain('waybill_bus_lag_seconds_count 1');
    await socket.close();
  });

  it('counts what an operator did, and what was refused', async () => {
    await gateway.rest('POST', '/api/v1/auth/keys', { name: 'counted', scopes: ['publish'] });
    await gateway.rest('DELETE', '/api/v1/auth/keys/no-such-key');
    const { lines } = await scrape();
    expect(lines).toContain('waybill_console_actions_total{action="key.create",result="ok"} 1');
    expect(lines).toContain('waybill_console_actions_total{action="key.revoke",result="refused"} 1');
  });

  it('stay under 2,000 series and quick to read with 100,000 topics in 20 namespaces', async () => {
    const before = await scrape();
    const hub = gateway.gateway.app.get(Hub);
    const channels = Array.from({ length: TOPICS }, (_, number) => hub.acquire(`ns${number % NAMESPACES}.t${number}`));
    await Promise.all(channels.map((channel) => channel.ready));
    for (let index = 0; index < NAMESPACES; index += 1)
      await gateway.rest('POST', `/api/v1/topics/ns${index}.t${index}/messages`, { data: index });
    const startedAt = performance.now();
    const after = await scrape();
    const scrapeMs = performance.now() - startedAt;
    expect([...hub.open()].length).toBeGreaterThanOrEqual(TOPICS);
    for (const channel of channels) hub.release(channel);
    for (let index = 0; index < NAMESPACES; index += 1)
      expect(after.lines).toContain(`waybill_publishes_total{source="rest",namespace="ns${index}",result="OK"} 1`);
    expect(samples(after.lines).length).toBeLessThan(2_000);
    expect(names(after.lines)).toEqual(names(before.lines));
    expect(scrapeMs).toBeLessThan(1_000);
  });
});
