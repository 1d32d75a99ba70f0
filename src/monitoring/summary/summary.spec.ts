import { beforeEach, describe, expect, it } from 'vitest';
import { Config } from '../../config/config.js';
import { accountOf } from '../accounting/accounting.js';
import type { Canary } from '../canary/canary.js';
import type { HealthReport } from '../health/health.js';
import { Metrics } from '../metrics/metrics.js';
import { CounterHistory } from './history.js';
import { Limits, type LimitReport } from './limits.js';
import { objectivesOf } from './objectives.js';
import { problemsOf } from './problems.js';
import { quantile } from './quantile.js';
import { wellbeingOf } from './summary.js';

const READY: HealthReport = { status: 'ready', state: 'ok', parts: {} };

describe('the summary of a node', () => {
  let metrics: Metrics;
  let clock: { now: number };
  let history: CounterHistory;

  beforeEach(() => {
    metrics = new Metrics(Config.from({}, { messaging: { namespaces: { chat: {} } } }));
    clock = { now: 0 };
    history = new CounterHistory(metrics, () => clock.now);
  });

  /** Lets time go by, as the timer of the ring would see it. */
  function pass(seconds: number): void {
    for (let passed = 0; passed < seconds; passed += 10) {
      clock.now += 10_000;
      history.take();
    }
  }

  it('counts what happened within a window, and nothing before it', () => {
    const { deliveries } = metrics.series;
    deliveries.of('chat', 'matched').add(100);
    pass(600);
    deliveries.of('chat', 'matched').add(7);
    pass(120);
    expect(history.window(300).of('chat matched')).toBe(7);
    expect(history.window(3_600)).toMatchObject({ seconds: 720 });
    expect(history.window(3_600).of('chat matched')).toBe(107);
    pass(7 * 3_600);
    expect(history.window(21_600).of('chat matched')).toBe(0);
    expect(Math.abs(history.window(21_600).seconds - 21_600)).toBeLessThanOrEqual(60);
  });

  it('reads latencies from buckets', () => {
    const cell = metrics.series.deliveryLatency.of('chat');
    for (let count = 0; count < 98; count += 1) cell.observe(0.004);
    cell.observe(0.3);
    cell.observe(60);
    const { messages, p50_ms: p50, p99_ms: p99 } = history.latency(history.window(300), 'chat');
    expect([messages, p99]).toEqual([100, 500]);
    expect(p50).toBeGreaterThan(2.5);
    expect(p50).toBeLessThanOrEqual(5);
    expect(quantile([], 0, 0.5, [1])).toBeNull();
    expect(history.latency(history.window(300), 'other')).toEqual({ messages: 0, p50_ms: null, p99_ms: null });
  });

  it('says that an objective burns once both windows do, and holds callers’ faults against nobody', () => {
    const { publishes } = metrics.series;
    publishes.of('rest', 'chat', 'OK').add(1_000);
    publishes.of('rest', 'chat', 'PERMISSION_DENIED').add(500);
    publishes.of('rest', 'chat', 'DRAINING').add(500);
    pass(3_000);
    const of = () => objectivesOf(history, metrics.namespaces).find(({ name }) => name === 'publishes');
    expect(of()).toMatchObject({ burning: false, budget_left: 1 });
    publishes.of('rest', 'chat', 'UNAVAILABLE').add(20);
    expect(of()).toMatchObject({ burning: true });
    expect(of()?.windows.find(({ window }) => window === '1h')).toMatchObject({ good: 1_000, total: 1_020, burn_rate: 19.61 });
    publishes.of('rest', 'chat', 'OK').add(100_000);
    expect(of()).toMatchObject({ burning: false });
  });

  it('counts deliveries in time up to 250 ms, and what a failure of ours lost', () => {
    for (const seconds of [0.25, 0.26, 5]) metrics.series.deliveryLatency.of('chat').observe(seconds);
    metrics.series.deliveries.of('chat', 'written').add(97);
    // What waited for clients that left or did not read, and what a slow policy dropped, is nobody's failure.
    for (const result of ['dropped', 'unconfirmed', 'not_written']) metrics.series.deliveries.of('chat', result).add(1);
    for (const reason of ['slow_consumer', 'connection_closed']) metrics.series.droppedMessages.of(reason).add(5);
    for (const reason of ['gateway_failed', 'heal_failed']) metrics.series.droppedMessages.of(reason).add(1);
    const reports = objectivesOf(history, metrics.namespaces);
    expect(reports.find(({ name }) => name === 'delivery_latency')?.windows[0]).toMatchObject({ good: 1, total: 3 });
    expect(reports.find(({ name }) => name === 'delivery')?.windows[0]).toMatchObject({ good: 97, total: 99 });
  });

  it('does not call a few failures among few a fire, except of the canary', () => {
    metrics.series.publishes.of('rest', 'chat', 'UNAVAILABLE').add(9);
    metrics.series.canaryRuns.of('live', 'failed').add(1);
    const burning = () =>
      objectivesOf(history, metrics.namespaces)
        .filter((report) => report.burning)
        .map(({ name }) => name);
    expect(burning()).toEqual(['canary']);
    metrics.series.publishes.of('rest', 'chat', 'UNAVAILABLE').add(1);
    expect(burning()).toEqual(['publishes', 'canary']);
  });

  it('does not judge the canary, nor publishes by SQL, of which failures are not counted', () => {
    metrics.series.publishes.of('system', '$canary', 'UNAVAILABLE').add(9);
    metrics.series.publishes.of('sql', 'chat', 'OK').add(9);
    metrics.series.deliveryLatency.of('$canary').observe(5);
    metrics.series.deliveries.of('$canary', 'not_written').add(9);
    const totals = objectivesOf(history, metrics.namespaces).map(({ windows: [first] }) => first?.total);
    expect(totals).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('names an imbalance, in either direction, wherever it is', () => {
    const canary = { last: () => undefined } as unknown as Canary;
    const limits = new Limits(Config.from({ WAYBILL_DATA_DIR: '/nowhere' })).report({
      gateway: { connections: 1, authenticating: 0, queuedBytes: 0, maxQueuedBytes: 0, oldestQueuedMs: 0, slow: 0, subscriptions: 0 },
      pool: undefined,
      publishes: 0,
      ledger: undefined,
    });
    const calm = limits.map((limit) => ({ ...limit, share: 0 }));
    const found = () => ({
      health: READY,
      difference: accountOf(metrics).reduce((sum, { deliveries }) => sum + Math.abs(deliveries.difference), 0),
      objectives: objectivesOf(history, metrics.namespaces),
      limits: calm,
    });
    expect(wellbeingOf({ metrics, history, canary }, found())).toMatchObject({ ok: true, problems: [] });
    metrics.series.deliveries.of('chat', 'matched').add(1);
    metrics.series.deliveries.of('other', 'written').add(1);
    expect(
      accountOf(metrics)
        .filter(({ deliveries }) => !deliveries.balanced)
        .map(({ namespace, deliveries }) => [namespace, deliveries.difference]),
    ).toEqual([
      ['chat', 1],
      ['other', -1],
    ]);
    const told = wellbeingOf({ metrics, history, canary }, found());
    expect([told.ok, told.problems]).toEqual([
      false,
      ['deliveries do not balance: 2 are unaccounted for (ops/accounting says in which namespace)'],
    ]);
  });

  it('names problems, worst first', () => {
    const limit: LimitReport = { name: 'descriptors', used: 95, limit: 100, unit: 'descriptors', share: 0.95, set_by: 'ulimit -n' };
    const health: HealthReport = {
      status: 'failing',
      state: 'down',
      parts: {
        bus: { state: 'degraded', detail: 'slow', since: 0, age_ms: 1 },
        canary: { state: 'down', detail: 'bus hop: gone', since: 0, age_ms: 1 },
      },
    };
    expect(problemsOf({ health, difference: 0, objectives: [], limits: [limit, { ...limit, share: 0.5 }] })).toEqual([
      'this node is out of readiness: it cannot deliver to its own socket',
      'canary is down: bus hop: gone',
      'bus is degraded: slow',
      'descriptors: 95 % used (95 of 100 descriptors; set by ulimit -n)',
    ]);
  });
});
