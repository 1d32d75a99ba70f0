import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Alarms } from '../../src/monitoring/alarms/alarms.js';
import { Metrics } from '../../src/monitoring/metrics/metrics.js';
import { CommandLine } from '../support/command-line.js';
import { startGateway, TEST_API_KEY, type TestGateway } from '../support/gateway.js';

describe('alarms without Prometheus', () => {
  let gateway: TestGateway;
  const command = (...argv: readonly string[]) =>
    new CommandLine(['--url', `http://127.0.0.1:${gateway.port}`, '--api-key', TEST_API_KEY, ...argv]);

  beforeAll(async () => {
    gateway = await startGateway();
  });

  afterAll(async () => {
    await gateway.stop();
  });

  it('are told over REST and by the command line, and the summary knows of them', async () => {
    expect((await gateway.rest('GET', '/api/v1/ops/alarms?state=all')).body.data).toMatchObject({ items: [] });
    expect(await command('alarms').exit).toBe(0);
    const { app } = gateway.gateway;
    app.get(Metrics).series.deliveries.of('default', 'matched').add(7);
    const alarms = app.get(Alarms);
    alarms.look();
    expect((await gateway.rest('GET', '/api/v1/ops/alarms')).body.data).toMatchObject({ items: [] });
    // A minute later by the clock: nothing of the gateway runs meanwhile.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61_000 });
    alarms.look();
    vi.useRealTimers();
    expect((await gateway.rest('GET', '/api/v1/ops/alarms')).body.data).toMatchObject({
      items: [
        {
          name: 'WaybillDeliveryImbalance',
          state: 'active',
          severity: 'page',
          value: 7,
          threshold: 0,
          runbook: 'waybill-delivery-imbalance',
        },
      ],
      only_by_prometheus: { WaybillDown: expect.any(String) as string },
    });
    const listed = command('alarms');
    expect([await listed.exit, listed.out]).toEqual([1, expect.stringContaining('WaybillDeliveryImbalance')]);
    const summary = (await gateway.rest('GET', '/api/v1/ops/summary')).body.data as { problems: readonly string[] };
    expect(summary.problems).toEqual([expect.stringContaining('7 are unaccounted for')]);
    expect((await gateway.rest('GET', '/api/v1/ops/alarms?state=some')).status).toBe(400);
  });

  it('of limits and of parts have pages that name every one there is', async () => {
    const { limits, health } = (await gateway.rest('GET', '/api/v1/ops/summary')).body.data as {
      readonly limits: readonly { readonly name: string }[];
      readonly health: { readonly parts: object };
    };
    const page = async (alarm: string): Promise<string> =>
      ((await gateway.rest('GET', `/api/v1/ops/runbooks/${alarm}`)).body.data as { readonly markdown: string }).markdown;
    for (const { name } of limits) expect(await page(`limit.${name}`)).toContain(`| ${name} |`);
    for (const name of Object.keys(health.parts)) expect(await page(`part.${name}`)).toContain(`| ${name} |`);
  });

  it('have their runbooks', async () => {
    const page = await gateway.rest('GET', '/api/v1/ops/runbooks/WaybillMemoryHigh');
    expect(page.body.data).toMatchObject({
      name: 'waybill-memory-high',
      markdown: expect.stringMatching(/^# WaybillMemoryHigh\n/) as string,
    });
    for (const name of ['..%2F..%2Fpackage', 'README', 'nothing'])
      expect(await gateway.rest('GET', `/api/v1/ops/runbooks/${name}`)).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    const printed = command('runbook', 'waybill-memory-high');
    expect([await printed.exit, printed.out]).toEqual([0, expect.stringContaining('## Do this')]);
  });
});
