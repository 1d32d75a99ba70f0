import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../faults/rig/random.js';
import { Load } from './rig/load/load.js';
import { LOADED } from './rig/load/site.js';
import { Monitored } from './rig/monitored.js';
import { panelQueries, type PanelQuery } from './rig/panels.js';
import type { Series } from './rig/prometheus.js';
import { reasonForQuiet } from './rig/quiet-panels.js';

/** Until everything that happens has happened a few times. */
const LOADED_MS = 18_000;
const LOOK_BACK_S = 20;
const STEP_S = 5;
/** As many as a browser asks at once. */
const AT_ONCE = 6;
/** Newest exemplars of a panel whose traces are asked for: the gateway keeps its last traces only. */
const MOST_TRIED = 10;
const TRACE_ID = /^[0-9a-f]{32}$/;

/** Whether a graph would show a point: NaN and infinities are drawn as nothing. */
function showsSomething(series: readonly Series[]): boolean {
  return series.some(({ values = [] }) => values.some(([, value]) => Number.isFinite(Number(value))));
}

/** What some work says of each item, where it says anything; a few at a time. */
async function each<Item>(items: readonly Item[], work: (item: Item) => Promise<string | undefined>): Promise<readonly string[]> {
  const waiting = [...items];
  const said: string[] = [];
  const worker = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      const sentence = await work(item);
      if (sentence !== undefined) said.push(sentence);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return said;
}

const nameOf = ({ dashboard, panel, refId }: PanelQuery): string => `${dashboard} / ${panel} / ${refId}`;

describe('the dashboards, at a real Prometheus that scrapes a gateway under load', () => {
  let monitored: Monitored;
  let load: Load;

  beforeAll(async () => {
    monitored = await Monitored.start({ env: LOADED });
    load = Load.start(monitored.node, monitored.postgres.url(), new Random(8));
    await delay(LOADED_MS);
  }, 120_000);
  afterAll(async () => {
    await monitored?.stop();
  });

  it('show data in every panel', async () => {
    const queries = panelQueries();
    const expected = queries.filter((query) => reasonForQuiet(query) === undefined);
    expect(expected.length).toBeGreaterThan(50);
    const empty = await each(expected, async (query) => {
      const found = await monitored.prometheus.queryRange(query.expression, LOOK_BACK_S, STEP_S);
      return showsSomething(found) ? undefined : `${nameOf(query)}: ${query.expression}`;
    });
    expect(empty).toEqual([]);
  });

  it('have queries that Prometheus reads, also where nothing is found here', async () => {
    const quiet = panelQueries().filter((query) => reasonForQuiet(query) !== undefined);
    const failures = await each(quiet, (query) =>
      monitored.prometheus.query(query.expression).then(
        () => undefined,
        (error: unknown) => `${nameOf(query)}: ${String(error)}`,
      ),
    );
    expect(failures).toEqual([]);
  });

  it('show exemplars that lead to traces of the gateway', async () => {
    const panels = panelQueries().filter(({ exemplar, dashboard }) => exemplar && dashboard !== 'waybill-telemetry');
    expect(panels.length).toBeGreaterThan(0);
    const without = await each(panels, async (panel) => {
      const series = await monitored.prometheus.queryExemplars(panel.expression, LOOK_BACK_S);
      const exemplars = series.flatMap(({ exemplars: found }) => found).sort((left, right) => right.timestamp - left.timestamp);
      const traceIds = exemplars.map(({ labels }) => labels['trace_id'] ?? '');
      for (const traceId of traceIds) expect(traceId).toMatch(TRACE_ID);
      if (await isAnyKnown(traceIds.slice(0, MOST_TRIED))) return undefined;
      return `${nameOf(panel)}: ${traceIds.length} exemplars, none of a known trace`;
    });
    expect(without).toEqual([]);
  });

  it('stand on rules that all evaluate, and on recordings that have values', async () => {
    const rules = await monitored.prometheus.rules();
    expect(rules.length).toBeGreaterThan(20);
    expect(rules.filter(({ health }) => health !== 'ok').map(({ name, lastError }) => `${name}: ${String(lastError)}`)).toEqual([]);
    const recorded = [...new Set(rules.filter(({ type }) => type === 'recording').map(({ name }) => name))];
    expect(recorded.length).toBeGreaterThan(0);
    const silent = await each(recorded, async (name) =>
      showsSomething(await monitored.prometheus.queryRange(name, LOOK_BACK_S, STEP_S)) ? undefined : name,
    );
    expect(silent).toEqual([]);
  });

  it('are of a load in which everything happened that was meant to', async () => {
    await load.stop();
  });

  async function isAnyKnown(traceIds: readonly string[]): Promise<boolean> {
    for (const traceId of traceIds) if ((await monitored.rest.call('GET', `ops/traces/${traceId}`)).status === 200) return true;
    return false;
  }
});
