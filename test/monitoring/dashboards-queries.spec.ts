import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { NOT_SHOWN } from '../../scripts/dashboards/not-shown.ts';
import { METRICS } from '../../src/monitoring/metrics/catalogue.js';
import { type TestGateway, startGateway } from '../support/gateway.js';
import { committedDashboards, expressionsOf, recordingRules } from './dashboards/committed.js';
import { type Exposition, readExposition } from './dashboards/exposition.js';
import { RECORDINGS } from './rules/rule-files.js';
import { type Matcher, type Query, type Selector, readQuery } from './dashboards/promql.js';

/** Of Prometheus itself, the collector and node_exporter: what the gateway cannot show. */
const OF_OTHERS = /^(?:up|scrape_\w+|ALERTS|otelcol_\w+|node_\w+|traces_span_metrics_\w+)$/;
/** Added by the scrape. */
const OF_TARGETS = ['job', 'instance'];
/** Of Grafana, beside the variables that a dashboard declares. */
const BUILT_IN = { __rate_interval: '5m', __range: '1h' };

const dashboards = committedDashboards();
const recorded = recordingRules();
const queries = dashboards.flatMap((dashboard) => {
  const declared = Object.fromEntries(dashboard.templating.list.map(({ name }) => [name, '.+']));
  return expressionsOf(dashboard).map(({ where, expr }) => ({ where, expr: filled(expr, { ...BUILT_IN, ...declared }) }));
});
const read: readonly { readonly where: string; readonly query: Query }[] = queries.flatMap(({ where, expr }) => {
  try {
    return [{ where, query: readQuery(expr) }];
  } catch {
    return [];
  }
});

describe('the queries of dashboards', () => {
  let gateway: TestGateway;
  let scraped: Exposition;

  beforeAll(async () => {
    gateway = await startGateway();
    // Series of requests begin with the first.
    await gateway.rest('GET', '/api/v1/ops/summary');
    // And those of the garbage collector with the first collection.
    setFlagsFromString('--expose-gc');
    (runInNewContext('gc') as () => void)();
    const scrape = async (): Promise<string> => await (await fetch(`http://127.0.0.1:${gateway.opsPort}/metrics`)).text();
    scraped = await vi.waitFor(async () => {
      const text = await scrape();
      expect(text).toContain('nodejs_gc_duration_seconds_count{');
      return readExposition(text);
    });
  });
  afterAll(() => gateway?.stop());

  it('are PromQL, with variables that exist', () => {
    expect(queries.length).toBeGreaterThan(100);
    for (const { where, expr } of queries) {
      expect(expr, where).not.toMatch(/\$/);
      expect(() => readQuery(expr), where).not.toThrow();
    }
  });

  it('name metrics and labels of the program that runs', () => {
    const unknown = read.flatMap(({ where, query }) =>
      query.selectors.flatMap((selector) => unknownIn(selector).map((fault) => `${where}: ${fault}`)),
    );
    expect(unknown).toEqual([]);
  });

  it('keep labels that their series have', () => {
    const unknown = read.flatMap(({ where, query }) =>
      query.groupings.flatMap(({ labels, joined, selectors }) =>
        labels.flatMap((label) => {
          const without = selectors.filter((selector) => !hasLabel(selector, label));
          // One side of a join brings it for both.
          if (joined.includes(label) && without.length < selectors.length) return [];
          return without.map(({ metric }) => `${where}: ${metric} has no ${label}`);
        }),
      ),
    );
    expect(unknown).toEqual([]);
  });

  it('write legends of labels that are there', () => {
    const unknown = dashboards.flatMap((dashboard) =>
      legendsOf(dashboard).flatMap(({ where, expr, label }) => {
        const { selectors, groupings } = readQuery(
          filled(expr, { ...BUILT_IN, ...Object.fromEntries(dashboard.templating.list.map(({ name }) => [name, '.+'])) }),
        );
        const known =
          groupings.length > 0
            ? groupings.some(({ labels }) => labels.includes(label))
            : selectors.some((selector) => hasLabel(selector, label));
        return known ? [] : [`${where}: ${label}`];
      }),
    );
    expect(unknown).toEqual([]);
  });

  it('follow the chosen jobs and nodes', () => {
    const deaf = dashboards.flatMap((dashboard) =>
      expressionsOf(dashboard).flatMap(({ where, expr }) => {
        const own = readQuery(
          filled(expr, { ...BUILT_IN, ...Object.fromEntries(dashboard.templating.list.map(({ name }) => [name, `{${name}}`])) }),
        );
        return own.selectors
          .filter(
            ({ metric }) =>
              metric !== undefined && (!OF_OTHERS.test(metric) || /^(?:up|scrape_)/.test(metric)) && !recorded.includes(metric),
          )
          .filter(({ matchers }) =>
            OF_TARGETS.some((name) => !matchers.some(({ label, value }) => label === name && value === `{${name}}`)),
          )
          .map(({ metric }) => `${where}: ${metric}`);
      }),
    );
    expect(deaf).toEqual([]);
  });

  it('show every metric of the gateway, but for those whose absence has a reason', () => {
    const shown = new Set(
      read.flatMap(({ query }) => query.selectors.map(({ metric = '' }) => metric.replace(/_(?:bucket|sum|count)$/, ''))),
    );
    const names = Object.values(METRICS).map(({ name }) => name as string);
    expect(names.filter((name) => !shown.has(name) && !(name in NOT_SHOWN))).toEqual([]);
    expect(Object.keys(NOT_SHOWN).filter((name) => shown.has(name) || !names.includes(name))).toEqual([]);
  });

  function unknownIn({ metric, matchers }: Selector): readonly string[] {
    if (metric === undefined) {
      const names = matchers.filter(({ label }) => label === '__name__');
      return names.some((matcher) => recorded.some((name) => admits(matcher, name))) ? [] : ['a selector without a name that exists'];
    }
    if (OF_OTHERS.test(metric)) return [];
    if (metric.includes(':')) return recorded.includes(metric) ? [] : [`no rule records ${metric}`];
    if (!scraped.has(metric)) return [`there is no ${metric}`];
    return matchers.filter(({ label }) => !OF_TARGETS.includes(label)).flatMap((matcher) => unknownValue(metric, matcher));
  }

  function unknownValue(metric: string, matcher: Matcher): readonly string[] {
    const values = valuesOf(metric, matcher.label);
    if (values === undefined) return [`${metric} has no label ${matcher.label}`];
    const plain = matcher.operator.endsWith('~') && /^[\w |-]+$/.test(matcher.value);
    const wanted = plain ? matcher.value.split('|').map((value) => ({ ...matcher, value })) : [matcher];
    return wanted
      .filter((one) => !values.some((value) => admits(one, value)))
      .map(({ label, value }) => `${metric} has no ${label}="${value}"`);
  }

  function hasLabel({ metric }: Selector, label: string): boolean {
    if (metric === undefined || OF_OTHERS.test(metric) || OF_TARGETS.includes(label)) return true;
    const rule = RECORDINGS.find(({ record }) => record === metric);
    if (rule !== undefined) return readQuery(rule.expr).groupings.some(({ labels }) => labels.includes(label));
    return valuesOf(metric, label) !== undefined;
  }

  /** What the program shows now, and what its catalogue lets it show. */
  function valuesOf(metric: string, label: string): readonly string[] | undefined {
    const now = scraped.get(metric)?.get(label);
    const definition = Object.values(METRICS).find(({ name }) => metric === name || metric.replace(/_(?:bucket|sum|count)$/, '') === name);
    const declared = definition === undefined ? undefined : Object.entries(definition.labels).find(([name]) => name === label)?.[1].values;
    if (now === undefined && declared === undefined) return undefined;
    return [...(now ?? []), ...(declared !== undefined && 'values' in declared ? declared.values : [])];
  }
});

/** Whether a matcher, its negation left aside, speaks of this value. */
function admits({ operator, value }: Matcher, candidate: string): boolean {
  return operator.endsWith('~') ? new RegExp(`^(?:${value})$`).test(candidate) : value === candidate;
}

function filled(expr: string, variables: Readonly<Record<string, string>>): string {
  return expr.replace(/\$(?:\{(\w+)\}|(\w+))/g, (written, braced?: string, bare?: string) => variables[braced ?? bare ?? ''] ?? written);
}

function legendsOf(
  dashboard: (typeof dashboards)[number],
): readonly { readonly where: string; readonly expr: string; readonly label: string }[] {
  return dashboard.panels
    .flatMap((panel) => [panel, ...(panel.panels ?? [])])
    .flatMap(({ title, targets = [] }) =>
      targets.flatMap(({ expr, legendFormat }) =>
        [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => ({ where: `${dashboard.file}, "${title}"`, expr, label })),
      ),
    );
}
