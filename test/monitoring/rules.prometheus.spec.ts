import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { Config } from '../../src/config/config.js';
import { Metrics } from '../../src/monitoring/metrics/metrics.js';
import { CounterHistory } from '../../src/monitoring/summary/history.js';
import { objectivesOf } from '../../src/monitoring/summary/objectives.js';
import { toolPath } from '../support/tools.js';
import { samplesOf } from './rules/exposition.js';
import { promtoolTestOf } from './rules/rise-through-rules.js';
import { pathsIn, ROOT, RULES, TESTS } from './rules/rule-files.js';

const execute = promisify(execFile);
/** Each takes some seconds of a core, and they share those that there are. */
const PATIENCE_MS = 240_000;
/** It lives for seconds and keeps little: collecting garbage is a third of its work. */
const ENVIRONMENT = { ...process.env, GOGC: 'off' };

/** What promtool says; rejects with it where it finds fault. */
async function promtool(...words: readonly string[]): Promise<string> {
  const { stdout, stderr } = await execute(toolPath('prometheus', 'promtool'), words, { env: ENVIRONMENT }).catch(
    (error: Error & { stdout?: string; stderr?: string }) => {
      throw new Error(`${error.stdout}${error.stderr}` || error.message);
    },
  );
  return `${stdout}${stderr}`;
}

describe('promtool', () => {
  it('can read the configuration and every rule', async () => {
    expect(await promtool('check', 'config', join(ROOT, 'prometheus/prometheus.yml'))).toContain('3 rule files found');
    await promtool('check', 'rules', ...pathsIn(RULES));
  });

  it.concurrent.each(pathsIn(TESTS).map((path) => [basename(path), path]))(
    'sees alerts fire and not fire: %s',
    { timeout: PATIENCE_MS },
    async (_name, path) => {
      expect(await promtool('test', 'rules', path)).toContain('SUCCESS');
    },
  );
});

describe('the runbooks', () => {
  it('give queries that Prometheus can read', async () => {
    const queries = runbookTexts().flatMap((text) =>
      [...text.matchAll(/`((?:sum|min|max|topk|histogram_quantile|waybill_|otelcol_)[^`]*)`/g)].map(([, query = '']) => query),
    );
    expect(queries.length).toBeGreaterThan(40);
    const rules = queries.map((query, place) => ({ record: `runbook:query:${place}`, expr: query }));
    await inFolder(async (folder) => {
      const path = join(folder, 'queries.rules.yml');
      await writeFile(path, stringify({ groups: [{ name: 'runbooks', rules }] }));
      expect(await promtool('check', 'rules', path)).toContain('SUCCESS');
    });
  });
});

function runbookTexts(): readonly string[] {
  const folder = join(ROOT, 'docs/runbooks');
  return readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'waybill-rules-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

describe('the objectives', () => {
  /** Different numbers for everything, so that nothing can be counted in the place of something else. */
  function differently(): () => number {
    let count = 0;
    return () => (count += 7) * 3 + (count % 11);
  }

  it('are counted alike by the rules and by `waybill status`', async () => {
    const metrics = new Metrics(Config.from({}, { messaging: { namespaces: { chat: {}, prices: { slow: 'keep_latest' } } } }));
    const { series, namespaces } = metrics;
    const history = new CounterHistory(metrics);
    const number = differently();
    for (const counters of [series.handshakes, series.publishes, series.deliveries, series.recoveries, series.canaryRuns])
      for (const [, cell] of counters.cells()) cell.add(number());
    for (const code of ['DEADLINE_EXCEEDED', 'TIMEOUT', 'UNAUTHENTICATED']) series.publishes.of('rest', 'chat', code).add(number());
    for (const [place, namespace] of namespaces.entries())
      for (const [times, seconds] of [0.002, 0.25, 0.251, 0.9, 60].entries())
        for (let left = place + times; left >= 0; left -= 1) series.deliveryLatency.of(namespace).observe(seconds);
    const shares = new Map(
      objectivesOf(history, namespaces).map(({ name, windows }) => {
        const { good = 0, total = 1 } = windows.find(({ window }) => window === '5m') ?? {};
        return [name, (total - good) / total];
      }),
    );
    const names = {
      handshakes: 'handshake_errors',
      publishes: 'publish_errors',
      delivery_latency: 'delivery_slow',
      delivery: 'delivery_lost',
      recovery: 'recovery_failed',
      canary: 'canary_failed',
    };
    const expected = Object.fromEntries(
      Object.entries(names).map(([name, sli]) => [`waybill:${sli}:ratio_rate5m`, shares.get(name) ?? NaN]),
    );
    const samples = samplesOf(await metrics.render('prometheus')).filter(
      ({ name }) => name.startsWith('waybill_') && name !== 'waybill_build_info',
    );
    await inFolder(async (folder) => {
      const path = join(folder, 'agreement.test.yml');
      await writeFile(path, promtoolTestOf(join(RULES, 'slo.rules.yml'), samples, expected));
      expect(await promtool('test', 'rules', path)).toContain('SUCCESS');
    });
  });
});
