import { describe, expect, it } from 'vitest';
import { alerts, committedDashboards, panelsOf } from './dashboards/committed.js';
import { readQuery } from './dashboards/promql.js';

const rules = new Map(alerts().map((alert) => [alert.name, alert]));
const dashboards = committedDashboards();

/** Panels whose colours change where alerts begin, with these alerts and the first value of the other colour. */
const limits = dashboards.flatMap((dashboard) =>
  panelsOf(dashboard).flatMap((panel) => {
    const [, note = ''] = (panel.description ?? '').split(/\*\*Alerts?:\*\*/);
    const names = [...note.matchAll(/\bWaybill\w+/g)].map(([name]) => name);
    const step = panel.fieldConfig?.defaults.thresholds.steps.find(({ value }) => value !== null)?.value;
    const runbook = /Runbook: (\S+\.md)/.exec(note)?.[1];
    return names.length === 0 ? [] : [{ runbook, where: `${dashboard.file}, "${panel.title}"`, names, step }];
  }),
);

describe('dashboards and alerts', () => {
  it('agree about thresholds', () => {
    expect(limits.length).toBeGreaterThan(20);
    for (const { where, names, step } of limits) {
      for (const name of names) {
        const alert = rules.get(name);
        expect(alert, `${where}: no alert ${name}`).toBeDefined();
        const numbers = readQuery(alert?.expr ?? '').numbers;
        // Above zero, the colour begins at the least that there can be.
        const zero = numbers.includes(0) && step !== undefined && step !== null && step > 0 && step <= 1;
        expect(
          zero || numbers.includes(step as number),
          `${where}: ${name} compares with ${numbers.join(', ')}, the panel with ${step}`,
        ).toBe(true);
      }
    }
  });

  it('name the runbooks of their alerts', () => {
    for (const { where, names, runbook } of limits) {
      if (names.length === 1) expect(runbook, where).toBe(rules.get(names[0] as string)?.runbook);
    }
  });

  it('lead from every alert to a dashboard that names it', () => {
    for (const { name, dashboard } of rules.values()) {
      const target = dashboards.find(({ uid }) => uid === dashboard);
      expect(target, `${name} names ${dashboard}`).toBeDefined();
      const text =
        target === undefined
          ? ''
          : panelsOf(target)
              .map(({ description }) => description ?? '')
              .join('\n');
      expect(text, `${dashboard} does not name ${name}`).toMatch(new RegExp(`\\b${name}\\b`));
    }
  });
});
