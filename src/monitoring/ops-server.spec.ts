import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Config } from '../config/config.js';
import { Health, type NodePhase } from './health/health.js';
import { Metrics } from './metrics/metrics.js';
import { pagesOf } from './ops-pages.js';
import { OpsServer } from './ops-server.js';

describe('OpsServer', () => {
  let phase: NodePhase;
  let server: OpsServer;

  beforeEach(async () => {
    phase = 'starting';
    const config = Config.from({ WAYBILL_OPS_PORT: '0' });
    const health = new Health(() => phase);
    health.watch({ name: 'database', affects: 'what needs it', check: () => ({ state: 'down', detail: 'gone' }) });
    server = new OpsServer(config, pagesOf(new Metrics(config), health));
    await server.listen();
  });
  afterEach(() => server.close());

  const ask = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${server.port}${path}`, init);

  it('is alive whatever the parts say', async () => {
    const answer = await ask('/healthz');
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ status: 'alive' });
  });

  it.each([
    { is: 'starting', status: 503 },
    { is: 'ready', status: 200 },
    { is: 'draining', status: 503 },
  ] as const)('answers $status while it is $is, naming its parts', async ({ is, status }) => {
    phase = is;
    const answer = await ask('/readyz');
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({
      status: is,
      state: 'down',
      parts: { database: { state: 'down', detail: 'gone', age_ms: expect.any(Number) as number } },
    });
  });

  it.each([
    {
      accept: 'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5',
      type: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
      end: '# EOF\n',
    },
    { accept: 'text/plain', type: 'text/plain; version=0.0.4; charset=utf-8', end: '\n' },
    { accept: '*/*', type: 'text/plain; version=0.0.4; charset=utf-8', end: '\n' },
  ])('gives metrics as the scraper asks: $accept', async ({ accept, type, end }) => {
    const answer = await ask('/metrics', { headers: { accept } });
    expect(answer.headers.get('content-type')).toBe(type);
    const text = await answer.text();
    expect(text.endsWith(end)).toBe(true);
    expect(text).toContain('waybill_build_info{version="');
  });

  it('refuses other paths and methods, and answers HEAD without a body', async () => {
    expect((await ask('/')).status).toBe(404);
    const post = await ask('/metrics', { method: 'POST' });
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    const head = await ask('/healthz', { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  it('stops the start with a sentence that names the option where the port is taken', async () => {
    const config = Config.from({ WAYBILL_OPS_PORT: String(server.port) });
    const second = new OpsServer(config, pagesOf(new Metrics(config), new Health(() => 'ready')));
    await expect(second.listen()).rejects.toThrow(/WAYBILL_OPS_PORT: 127\.0\.0\.1:\d+ cannot be listened on \(EADDRINUSE\)/);
    await second.close();
  });
});
