import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { secondsOf, TimeScale } from './time-scale.js';

const RULES = `
groups:
  - name: causes
    interval: 30s
    rules:
      - alert: SomethingIsSlow
        expr: sum(rate(slow_total[10m])) > 5 * sum(rate(slow_total[1h] offset 5m))
        for: 5m
        keep_firing_for: 1h30m
        labels: { severity: ticket }
      - record: slow:rate5m
        expr: max_over_time(slow[1h:5m])
`;

describe('TimeScale', () => {
  it.each([
    ['90s', 90],
    ['1h30m', 5_400],
    ['3d', 259_200],
    ['500ms', 0.5],
  ])('reads %s', (duration, seconds) => {
    expect(secondsOf(duration)).toBe(seconds);
  });

  it('divides how long things must hold, ranges and offsets, and says what it changed', () => {
    const scale = new TimeScale(30);
    const { groups } = parse(scale.ruleFile(RULES)) as { groups: { rules: Record<string, string>[] }[] };
    expect(groups[0]).not.toHaveProperty('interval');
    expect(groups[0]?.rules).toMatchObject([
      { for: '10s', keep_firing_for: '180s', labels: { severity: 'ticket' } },
      { record: 'slow:rate5m', expr: 'max_over_time(slow[120s:10s])' },
    ]);
    expect(groups[0]?.rules[0]?.['expr']).toContain('[20s])) > 5 * sum(rate(slow_total[120s] offset 10s))');
    expect(scale.changes).toEqual([expect.stringMatching(/^SomethingIsSlow: for 5m -> 10s, keep_firing_for 1h30m -> 180s, .*\[10m\]/)]);
  });

  it('changes nothing by a factor of 1', () => {
    const scale = new TimeScale(1, true);
    expect(parse(scale.ruleFile(RULES))).toEqual(parse(RULES));
    expect(scale.changes).toEqual([]);
  });

  it('leaves a range some scrapes', () => {
    expect(new TimeScale(1_000).ruleFile(RULES)).toContain('[5s]');
  });
});
