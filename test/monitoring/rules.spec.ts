import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { SCHEMA } from '../../src/config/schema.js';
import { SHARED_RUNBOOKS } from '../../src/monitoring/alarms/alarm-rules.js';
import { METRICS } from '../../src/monitoring/metrics/catalogue.js';
import type { MetricDefinition } from '../../src/monitoring/metrics/metric-definition.js';
import { ERRORS } from '../../src/protocol/error-codes.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { commandLinesIn, unknownIn } from './rules/command-lines.js';
import { samplesOf } from './rules/exposition.js';
import { ALERTS, EXPECTATIONS, groupsOf, pathsIn, readTest, RECORDINGS, ROOT, runbookOf, TESTS } from './rules/rule-files.js';
import { groupingsOf, keptBy, type Selector, selectorsOf } from './rules/selectors.js';

const DASHBOARDS = ['overview', 'connections', 'delivery', 'slow-consumers', 'log-database', 'bus-cluster', 'runtime', 'slo', 'telemetry'];
const SECTIONS = ['What it means', 'Look here', 'Do this', 'Escalate'];
const RUNBOOKS = join(ROOT, 'docs/runbooks');
const BOARDS = join(ROOT, 'grafana/dashboards');
const WINDOWS = ['5m', '30m', '1h', '6h', '3d'];
const SLIS = ['handshake_errors', 'publish_errors', 'delivery_slow', 'delivery_lost', 'recovery_failed', 'canary_failed'];
/** Labels that Prometheus itself puts on what it scrapes. */
const SCRAPED = ['job', 'instance', 'le'];
/** Metrics of other programs. */
const FOREIGN = /^(?:up|otelcol_)/;

const EXPRESSIONS = [...ALERTS, ...RECORDINGS].map(({ expr }) => expr);
const OPTIONS = new Map(
  Object.entries(SCHEMA).flatMap(([section, options]) => Object.entries(options).map(([name, { env }]) => [env, `${section}.${name}`])),
);

/** Labels that a recording rule keeps. */
function labelsRecorded(name: string): readonly string[] {
  const expression = RECORDINGS.find(({ record }) => record === name)?.expr;
  return expression === undefined ? SCRAPED : [...SCRAPED, ...keptBy(expression)];
}

const METRIC_NAMES = new Set(Object.values<MetricDefinition>(METRICS).map(({ name }) => name));

function runbook(name: string): string {
  return readFileSync(join(RUNBOOKS, name), 'utf8');
}

describe.each(ALERTS)('the alert $alert', ({ alert, labels, annotations }) => {
  it('says how urgent it is, what it is, and where to go on', () => {
    expect(['page', 'ticket']).toContain(labels['severity']);
    expect(annotations['summary']?.length).toBeGreaterThan(15);
    expect(annotations['description']?.length).toBeGreaterThan(60);
    expect(annotations['runbook_url']).toBe(`{{ $externalLabels.docs }}/runbooks/${runbookOf(alert)}`);
    expect(DASHBOARDS.map((name) => `waybill-${name}`)).toContain(annotations['dashboard']);
  });

  it('has a test that fires and one that does not', () => {
    const outcomes = EXPECTATIONS.filter(({ alertname }) => alertname === alert).map(({ exp_alerts: fired = [] }) => fired.length > 0);
    expect([outcomes.includes(true), outcomes.includes(false)]).toEqual([true, true]);
  });

  it('has a runbook for somebody who was woken by it', () => {
    const text = runbook(runbookOf(alert));
    expect(text).toMatch(new RegExp(`^# ${alert}\n`));
    expect([...text.matchAll(/^## (.+)$/gm)].map(([, title]) => title)).toEqual(SECTIONS);
    const [, , look = '', act = ''] = text.split(/^## .+$/m);
    expect(look, 'a command, a route or a query').toMatch(/`{1,3}[\s\S]*?(?:waybill|\/readyz|ops\/|curl)/);
    expect(act, 'numbered steps').toMatch(/^1\. [\s\S]*^2\. /m);
    expect(text, 'the dashboard of the alert').toContain(ALERTS.find((each) => each.alert === alert)?.annotations['dashboard']);
  });
});

describe('the runbooks', () => {
  const files = readdirSync(RUNBOOKS).filter((name) => name !== 'README.md');

  const shared = Object.values(SHARED_RUNBOOKS).map((name) => `${name}.md`);

  it('are those of the alerts and of what a node finds by itself, and the index lists them with their urgency', () => {
    expect(files.toSorted()).toEqual([...ALERTS.map(({ alert }) => runbookOf(alert)), ...shared].toSorted());
    const rows = [...runbook('README.md').matchAll(/^\| \[(\w+)\]\(([^)]+)\) \| (\w+) \|/gm)].map(([, ...cells]) => cells);
    expect(rows).toEqual(ALERTS.map(({ alert, labels }) => [alert, runbookOf(alert), labels['severity']]));
  });

  it.each(shared)('%s is for somebody who was woken by it', (name) => {
    expect([...runbook(name).matchAll(/^## (.+)$/gm)].map(([, title]) => title)).toEqual(SECTIONS);
  });

  it.each(files)('%s names only commands, routes, options and metrics that exist', async (name) => {
    const text = runbook(name);
    expect(commandLinesIn(text).map((line) => [line, unknownIn(line)])).toEqual(commandLinesIn(text).map((line) => [line, undefined]));
    const routes = Object.keys((JSON.parse(readFileSync(join(ROOT, 'docs/reference/openapi.json'), 'utf8')) as { paths: object }).paths);
    const named = [...text.matchAll(/\b(?:\/api\/v1\/)?(ops\/[a-z/-]*[a-z])/g)].map(([, route]) => `/api/v1/${route}`);
    expect(named.filter((route) => !routes.some((each) => each === route || each.startsWith(`${route}/`)))).toEqual([]);
    const environment = [...text.matchAll(/\bWAYBILL_[A-Z0-9_]+\b/g)].map(([option]) => option);
    expect(environment.filter((option) => !OPTIONS.has(option))).toEqual([]);
    const sections = Object.keys(SCHEMA);
    const paths = [...text.matchAll(/`([a-z]+\.[a-zA-Z]+)`/g)]
      .map(([, path = '']) => path)
      .filter((path) => sections.includes(path.split('.')[0] ?? ''));
    expect(paths.filter((path) => ![...OPTIONS.values()].includes(path))).toEqual([]);
    const metrics = [...text.matchAll(/\b(waybill_[a-z_]+)\b/g)].map(([, metric = '']) => metric.replace(/_(?:bucket|count|sum)$/, ''));
    expect(metrics.filter((metric) => !METRIC_NAMES.has(metric))).toEqual([]);
    const dashboards = [...text.matchAll(/`waybill-([a-z-]+)`/g)].map(([, dashboard = '']) => dashboard);
    expect(dashboards.filter((dashboard) => !DASHBOARDS.includes(dashboard))).toEqual([]);
  });

  it.skipIf(!existsSync(BOARDS))('name panels that their dashboards have', () => {
    const missing = files.flatMap((name) =>
      runbook(name)
        .split(/(?=`waybill-[a-z-]+`)/)
        .flatMap((part) => {
          const [, dashboard] = /^`(waybill-[a-z-]+)`/.exec(part) ?? [];
          if (dashboard === undefined) return [];
          const board = readFileSync(join(BOARDS, `${dashboard}.json`), 'utf8');
          // Panels stand in italics directly behind "panel" or "panels", after the name of their dashboard.
          const [, list = ''] = /^[^;.]*?panels? ((?:\*[^*]+\*(?:, | and )?)+)/.exec(part) ?? [];
          const panels = [...list.matchAll(/\*([^*]+)\*/g)].map(([, title = '']) => title);
          return panels.filter((title) => !board.includes(`"title": "${title}"`)).map((title) => `${name}: ${dashboard} ${title}`);
        }),
    );
    expect(missing).toEqual([]);
  });

  it('is linked to by nothing that is not there', () => {
    const missing = [...files, 'README.md'].flatMap((name) =>
      [...runbook(name).matchAll(/\]\((?!https?:|#)([^)#\s]+)[^)]*\)/g)]
        .map(([, target = '']) => join(RUNBOOKS, target))
        .filter((path) => !existsSync(path)),
    );
    expect(missing).toEqual([]);
  });
});

describe('the descriptions of alerts', () => {
  const paths = new Set(OPTIONS.values());

  it('name options that exist', () => {
    const named = ALERTS.flatMap(({ annotations }) =>
      [...(annotations['description'] ?? '').matchAll(/\b([a-z]+\.[a-z]+[A-Z]\w*)/g)].map(([, path]) => path),
    );
    expect(named.length).toBeGreaterThan(15);
    expect(named.filter((path) => !paths.has(path as string))).toEqual([]);
  });
});

describe.each(pathsIn(TESTS))('the tests in %s', (path) => {
  it('name the groups in the order of their rules: promtool draws lots between those that it is not given', () => {
    const { rule_files: files, group_eval_order: order } = readTest(path);
    expect(order).toEqual(files.flatMap((file) => groupsOf(join(TESTS, file))));
  });
});

describe('the recording rules', () => {
  it('are the six indicators over the five windows, the same expression in each', () => {
    for (const sli of SLIS) {
      const of = (window: string): string | undefined =>
        RECORDINGS.find(({ record }) => record === `waybill:${sli}:ratio_rate${window}`)?.expr;
      const [first, ...others] = WINDOWS.map((window) => of(window)?.replaceAll(`[${window}]`, '[window]'));
      expect(first).toContain('[window]');
      expect(others).toEqual(others.map(() => first));
    }
  });

  it('hold against the gateway what the error registry calls its fault, but not that it sends callers elsewhere', () => {
    const ours = Object.entries(ERRORS).filter(([code, { http }]) => http >= 500 && code !== 'DRAINING');
    const list = ours.map(([code]) => code).join('|');
    const judged = RECORDINGS.filter(
      ({ record, expr }) => /^waybill:(?:handshake|publish)_errors/.test(record) && expr.includes('result='),
    );
    expect(judged.length).toBeGreaterThan(0);
    for (const { record, expr } of judged) {
      expect([record, [...expr.matchAll(/result=~"([^"]*)"/g)].map(([, value]) => value?.replace(/^OK\|/, ''))]).toEqual([
        record,
        [...expr.matchAll(/result=~/g)].map(() => list),
      ]);
    }
  });
});

describe('Alertmanager', () => {
  it('holds back only alerts that exist', () => {
    const text = readFileSync(join(ROOT, 'prometheus/alertmanager.yml'), 'utf8');
    const { inhibit_rules: rules } = parse(text) as { inhibit_rules: readonly Readonly<Record<string, readonly string[]>>[] };
    const matchers = rules.flatMap((rule) => [...(rule['source_matchers'] ?? []), ...(rule['target_matchers'] ?? [])]);
    const names = matchers.flatMap((matcher) => /^alertname(?:=~?|!=)"(.+)"$/.exec(matcher)?.[1]?.split('|') ?? []);
    const known = new Set(['Waybill.+', ...ALERTS.map(({ alert }) => alert)]);
    expect(names.length).toBeGreaterThan(5);
    expect(names.filter((name) => !known.has(name))).toEqual([]);
  });
});

describe('what the rules name', () => {
  let gateway: TestGateway;
  /** Of each metric its labels, with the values that were seen. */
  let labelsOf: ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>;

  beforeAll(async () => {
    gateway = await startGateway();
    const found = new Map<string, Map<string, Set<string>>>();
    for (const { name, labels } of samplesOf(await (await fetch(`http://127.0.0.1:${gateway.opsPort}/metrics`)).text())) {
      const known = found.get(name) ?? new Map(SCRAPED.map((label) => [label, new Set(label === 'job' ? ['waybill'] : [])]));
      for (const [label, value] of Object.entries(labels)) known.set(label, (known.get(label) ?? new Set()).add(value));
      found.set(name, known);
    }
    labelsOf = found;
  });
  afterAll(() => gateway.stop());

  /** What only some nodes have, such as those with TLS. */
  const absent = new Set(Object.values<MetricDefinition>(METRICS).flatMap(({ name, zero }) => (zero?.length === 0 ? [name] : [])));
  const records = new Set(RECORDINGS.map(({ record }) => record));
  const ours = (selector: Selector): boolean =>
    !FOREIGN.test(selector.metric) && (labelsOf.has(selector.metric) || !absent.has(selector.metric));

  it('is measured by a booted gateway or recorded by a rule', () => {
    const named = EXPRESSIONS.flatMap(selectorsOf).filter(ours);
    expect(named.length).toBeGreaterThan(150);
    expect(named.map(({ metric }) => metric).filter((metric) => !labelsOf.has(metric) && !records.has(metric))).toEqual([]);
  });

  it('has its labels and their values', () => {
    const definitions = new Map(Object.values<MetricDefinition>(METRICS).map((definition) => [definition.name, definition]));
    const wrong = EXPRESSIONS.flatMap(selectorsOf)
      .filter(({ metric, ...rest }) => ours({ metric, ...rest }) && !records.has(metric))
      .flatMap(({ metric, matchers }) =>
        matchers
          .filter(({ label, values }) => {
            const seen = labelsOf.get(metric)?.get(label);
            const allowed = definitions.get(metric.replace(/_(?:bucket|count|sum)$/, ''))?.labels[label]?.values;
            const declared = allowed?.kind === 'closed' ? allowed.values : [];
            return values.some((value) => seen?.has(value) !== true && !declared.includes(value));
          })
          .map(({ label, values }) => `${metric}{${label}="${values.join('|')}"}`),
      );
    expect(wrong).toEqual([]);
  });

  it('groups by labels that one of its metrics has', () => {
    for (const expression of EXPRESSIONS) {
      const known = new Set(selectorsOf(expression).flatMap(({ metric }) => [...(labelsOf.get(metric)?.keys() ?? labelsRecorded(metric))]));
      expect(groupingsOf(expression).filter((label) => !known.has(label))).toEqual([]);
    }
  });
});
