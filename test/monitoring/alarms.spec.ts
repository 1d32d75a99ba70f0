import { describe, expect, it } from 'vitest';
import { ALARM_RULES, type AlarmRule, ONLY_BY_PROMETHEUS, runbookNameOf } from '../../src/monitoring/alarms/alarm-rules.js';
import { runbooks } from '../../src/monitoring/alarms/runbooks.js';
import { readQuery } from './dashboards/promql.js';
import { ALERTS, runbookOf } from './rules/rule-files.js';

const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

function millisecondsOf(text = '0s'): number {
  const [, number, unit = ''] = /^(\d+)([smh])$/.exec(text) ?? [];
  return Number(number) * (UNITS_MS[unit] ?? Number.NaN);
}

describe('the alarms of a node', () => {
  it('are the alerts of Prometheus, each judged here or said not to be', () => {
    expect([...Object.keys(ALARM_RULES), ...Object.keys(ONLY_BY_PROMETHEUS)].toSorted()).toEqual(
      ALERTS.map(({ alert }) => alert).toSorted(),
    );
  });

  it.each(Object.entries<AlarmRule>(ALARM_RULES))('%s is as urgent, waits as long and compares with the same numbers', (name, rule) => {
    const alert = ALERTS.find((each) => each.alert === name);
    expect(rule.severity).toBe(alert?.labels['severity']);
    expect(rule.forMs).toBe(millisecondsOf(alert?.for));
    const { numbers } = readQuery(alert?.expr ?? '');
    for (const threshold of rule.thresholds) expect(numbers, `${name} compares with ${numbers.join(', ')}`).toContain(threshold);
  });

  it.each(ALERTS.map(({ alert }) => alert))('%s has its runbook in the program', (alert) => {
    expect(`${runbookNameOf(alert)}.md`).toBe(runbookOf(alert));
    expect(runbooks().get(runbookNameOf(alert))).toMatchObject({ title: alert });
  });
});
