import { beforeEach, describe, expect, it } from 'vitest';
import { Config } from '../../config/config.js';
import { Metrics } from './metrics.js';
import { SummedMetrics } from './summed-metrics.js';

function line(text: string, start: string): string | undefined {
  return text.split('\n').find((candidate) => candidate.startsWith(start));
}

describe('SummedMetrics', () => {
  let one: Metrics;
  let two: Metrics;
  let sums: SummedMetrics;

  beforeEach(() => {
    [one, two] = [new Metrics(Config.from({})), new Metrics(Config.from({}))];
    sums = new SummedMetrics();
  });

  async function put(): Promise<void> {
    sums.put('1', await one.values());
    sums.put('2', await two.values());
  }

  it('adds up counters and histograms, and takes gauges as the catalogue says', async () => {
    one.series.publishes.of('rest', 'other', 'OK').add(3);
    two.series.publishes.of('rest', 'other', 'OK').add(4);
    one.series.publishDuration.of('rest').observe(0.001);
    two.series.publishDuration.of('rest').observe(0.002);
    one.series.sendQueueBytes.of().set(10);
    two.series.sendQueueBytes.of().set(20);
    one.series.sendQueueMaxBytes.of().set(10);
    two.series.sendQueueMaxBytes.of().set(20);
    await put();
    const text = await sums.render('prometheus');
    expect(line(text, 'waybill_publishes_total{source="rest",namespace="other",result="OK"}')).toMatch(/ 7$/);
    expect(line(text, 'waybill_publish_duration_seconds_count{source="rest"}')).toMatch(/ 2$/);
    expect(line(text, 'waybill_send_queue_bytes ')).toMatch(/ 30$/);
    expect(line(text, 'waybill_send_queue_max_bytes ')).toMatch(/ 20$/);
  });

  it('tells apart what cannot be one', async () => {
    await put();
    const text = await sums.render('prometheus');
    expect(text.split('\n').filter((candidate) => candidate.startsWith('nodejs_eventloop_lag_p99_seconds{'))).toHaveLength(2);
    expect(line(text, 'waybill_build_info{')).toContain('worker="1"');
  });

  it('has the same numbers in both formats, each with its names', async () => {
    one.series.publishes.of('rest', 'other', 'OK').add(3);
    await put();
    // A registry that has rendered OpenMetrics once names its counters differently from then on.
    await one.render('openmetrics');
    await put();
    for (const format of ['openmetrics', 'prometheus'] as const) {
      const text = await sums.render(format);
      expect(line(text, 'waybill_publishes_total{source="rest",namespace="other",result="OK"}')).toMatch(/ 3$/);
      expect(text).not.toContain('_total_total');
    }
    expect(await sums.render('openmetrics')).toMatch(/# EOF\n$/);
  });

  it('never falls when a process ends, and forgets what it was', async () => {
    one.series.publishes.of('rest', 'other', 'OK').add(3);
    two.series.publishes.of('rest', 'other', 'OK').add(4);
    one.series.sendQueueBytes.of().set(10);
    await put();
    sums.retire('1');
    sums.retire('1');
    const [after, reborn] = [await sums.render('prometheus'), new Metrics(Config.from({}))];
    reborn.series.publishes.of('rest', 'other', 'OK').add(1);
    sums.put('1', await reborn.values());
    const text = await sums.render('prometheus');
    expect(line(after, 'waybill_publishes_total{source="rest",namespace="other",result="OK"}')).toMatch(/ 7$/);
    expect(line(text, 'waybill_publishes_total{source="rest",namespace="other",result="OK"}')).toMatch(/ 8$/);
    expect(line(text, 'waybill_send_queue_bytes ')).toMatch(/ 0$/);
  });

  it('shows one process alone', async () => {
    two.series.publishes.of('rest', 'other', 'OK').add(4);
    await put();
    expect(
      line((await sums.renderOne('2', 'prometheus')) ?? '', 'waybill_publishes_total{source="rest",namespace="other",result="OK"}'),
    ).toMatch(/ 4$/);
    expect(sums.renderOne('3', 'prometheus')).toBeUndefined();
  });
});
