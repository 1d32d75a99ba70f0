import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { METRICS } from '../../src/monitoring/metrics/catalogue.js';
import type { MetricDefinition } from '../../src/monitoring/metrics/metric-definition.js';
import { Program } from '../support/program.js';
import { TestSocket } from '../support/socket.js';
import { toolPath } from '../support/tools.js';
import { samplesOf } from './rules/exposition.js';

/** What the linter finds in names that are not ours: prom-client's own, which dashboards of others know. */
const NOT_OURS = ["nodejs_eventloop_utilization_histogram metric name should not include type 'histogram'"];

/** What promtool finds fault with, one line for each. */
function faultsOf(text: string): readonly string[] {
  const { stdout, stderr } = spawnSync(toolPath('prometheus', 'promtool'), ['check', 'metrics'], { input: text, encoding: 'utf8' });
  return `${stdout}${stderr}`.split('\n').filter((line) => line !== '');
}

describe('what Prometheus scrapes of a running node', () => {
  let program: Program;
  let text: string;

  beforeAll(async () => {
    program = await Program.start();
    const key = readFileSync(join(program.dataDir, 'api-key'), 'utf8').trim();
    const rest = async (path: string, body: unknown): Promise<{ data: { token: string } }> => {
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      const answer = await fetch(`http://127.0.0.1:${program.port}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
      return (await answer.json()) as { data: { token: string } };
    };
    const { data } = await rest('/api/v1/auth/tokens', { user: 'alice', topics: { subscribe: ['*'] } });
    const socket = await TestSocket.connect(program.port, data.token);
    await socket.request('topic.subscribe', { topics: [{ topic: 'linted.a' }] });
    await rest('/api/v1/topics/linted.a/messages', { data: 'told' });
    await socket.request('topic.publish', { topic: 'linted.a', data: 'refused' });
    await socket.untilMessages('linted.a', 1);
    text = await (await fetch(`http://127.0.0.1:${program.opsPort}/metrics`)).text();
    await socket.close();
  }, 180_000);
  afterAll(() => program?.dispose());

  it('has every metric of the catalogue, and traffic in them', () => {
    const samples = samplesOf(text);
    const names = new Set(samples.map(({ name }) => name.replace(/_(?:bucket|sum|count)$/, '')));
    const expected = Object.values<MetricDefinition>(METRICS).filter(({ zero }) => zero?.length !== 0);
    expect(expected.map(({ name }) => name).filter((name) => !names.has(name))).toEqual([]);
    const written = samples.find(
      ({ name, labels }) => name === 'waybill_deliveries_total' && labels['namespace'] === 'other' && labels['result'] === 'written',
    );
    expect(written?.value).toBe(1);
  });

  it('passes the linter of Prometheus', () => {
    expect(faultsOf(text)).toEqual(NOT_OURS);
  });

  it.each([
    ['a name in another unit', (good: string) => good.replaceAll('waybill_publish_duration_seconds', 'waybill_publish_duration_ms')],
    ['a counter without _total', (good: string) => good.replaceAll('waybill_publishes_total', 'waybill_publishes')],
    ['a metric without help', (good: string) => good.replace(/^# HELP waybill_draining .*\n/m, '')],
  ])('would not with %s', (_fault, spoil) => {
    expect(faultsOf(spoil(text)).length).toBeGreaterThan(NOT_OURS.length);
  });
});
