/** What a stack that runs has to show, each asked of the service itself. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Stack } from './stack.ts';
import { type Traffic, crossing, makeTraffic, publishOnce } from './traffic.ts';

/** A check that did not hold. */
class NotSo extends Error {}

export interface CheckResult {
  readonly name: string;
  readonly state: 'holds' | 'fails' | 'left out';
  readonly detail: string;
}

interface Check {
  readonly name: string;
  /** Without these it is left out. */
  readonly needs: readonly string[];
  /** What was seen; throws where it is not so. */
  readonly look: (stack: Stack, traffic: Traffic) => Promise<string>;
}

/** Scrapes come every 15 s, and the collector decides after 5 s. */
const DEADLINE_MS = 60_000;
const POLL_MS = 500;

const NODES = ['waybill-1', 'waybill-2'] as const;

const CHECKS: readonly Check[] = [
  {
    name: 'a WebSocket through the proxy',
    needs: [...NODES, 'proxy'],
    look: async (_stack, { heard, address }) =>
      `${heard.length} of ${heard.length} messages in order, last seq ${heard.at(-1) ?? 0}; the gateway knows the client as ${address}`,
  },
  {
    name: 'what is published at one node reaches a socket at the other',
    needs: [...NODES, 'redis'],
    look: async (stack) => {
      const ways = await Promise.all(NODES.map((from, index) => crossing(stack, from, NODES[1 - index] ?? from)));
      return ways.map(({ from, to, ms }) => `${from} to ${to} in ${Math.round(ms)} ms`).join(', ');
    },
  },
  {
    name: 'documents for runbook links',
    needs: ['proxy'],
    look: async (stack) => {
      const text = await got(stack.places.url('proxy', 8088, '/docs/stack.md'));
      return `/docs/stack.md, ${text.length} characters`;
    },
  },
  {
    name: 'Prometheus scrapes every job',
    needs: ['prometheus'],
    look: async (stack) => {
      const running = await until(async () => {
        const targets = (await targetsOf(stack)).filter(({ scrapeUrl }) => isExpected(stack, new URL(scrapeUrl).host));
        const waited = targets.filter(({ health }) => health !== 'up');
        if (targets.length === 0 || waited.length > 0)
          throw new NotSo(`not up: ${waited.map(({ labels, lastError }) => `${labels['job'] ?? ''} ${lastError}`).join(', ')}`);
        return targets.map(({ labels }) => labels['job'] ?? '');
      });
      return running.toSorted().join(', ');
    },
  },
  {
    name: "the gateway's metrics",
    needs: ['prometheus', ...NODES],
    look: async (stack) => {
      const series = await until(() => some(query(stack, '{__name__=~"waybill_.+"}')));
      const published = await until(() => some(query(stack, 'sum(waybill_publishes_total{result="OK"}) > 0')));
      return `${series.length} series; publishes counted: ${published[0]?.value[1] ?? ''}`;
    },
  },
  {
    name: 'an exemplar of a latency',
    needs: ['prometheus', ...NODES],
    look: async (stack) => {
      const found = await until(async () => {
        const exemplars = await exemplarsOf(stack, 'waybill_publish_duration_seconds_bucket');
        if (exemplars.length === 0) throw new NotSo('none yet');
        return exemplars;
      });
      return `waybill_publish_duration_seconds: ${found.length}, one of them trace ${found.at(-1) ?? ''}`;
    },
  },
  {
    name: 'the exemplar leads to a trace in Jaeger',
    needs: ['prometheus', 'jaeger', 'otel-collector', ...NODES],
    look: async (stack) => {
      const traceId = await until(async () => {
        const known = (await exemplarsOf(stack, 'waybill_publish_duration_seconds_bucket')).at(-1);
        if (known === undefined) throw new NotSo('no exemplar');
        await spansOf(stack, known);
        return known;
      });
      return `${traceId}: ${(await spansOf(stack, traceId)).length} spans`;
    },
  },
  {
    name: "a publish's trace in Jaeger",
    needs: ['jaeger', 'otel-collector', ...NODES],
    look: async (stack, { traceId }) => {
      const names = await until(async () => {
        const spans = await spansOf(stack, traceId);
        for (const part of ['POST', 'publish', 'append', 'deliver'])
          if (!spans.some((name) => name.startsWith(part))) throw new NotSo(`no span ${part} in ${spans.join(', ')}`);
        return spans;
      });
      return `${traceId}: ${names.join(', ')}`;
    },
  },
  {
    name: 'span metrics in Prometheus',
    needs: ['prometheus', 'otel-collector', ...NODES],
    look: async (stack) => {
      const calls = await until(() => some(query(stack, 'sum by (span_name) (traces_span_metrics_calls_total{service_name="waybill"})')));
      await until(() => some(query(stack, 'traces_span_metrics_duration_seconds_bucket{service_name="waybill"}')));
      return `${calls.length} span names, such as ${calls[0]?.metric['span_name'] ?? ''}`;
    },
  },
  {
    name: "Jaeger's Monitor tab",
    needs: ['prometheus', 'jaeger', 'otel-collector', ...NODES],
    look: async (stack) => {
      const path =
        '/api/metrics/calls?service=waybill&endTs=NOW&lookback=600000&step=5000&ratePer=60000&groupByOperation=true&spanKind=server';
      const operations = await until(async () => {
        const text = await got(stack.places.url('jaeger', 16686, path.replace('NOW', String(Date.now()))));
        const { metrics = [] } = JSON.parse(text) as { readonly metrics?: readonly { readonly metricPoints: readonly unknown[] }[] };
        if (metrics.length === 0) throw new NotSo(text.slice(0, 300));
        return metrics;
      });
      return `call rates of ${operations.length} operations`;
    },
  },
  {
    name: 'rules are loaded and evaluate',
    needs: ['prometheus'],
    look: async (stack) => {
      const rules = await until(async () => {
        const all = await rulesOf(stack);
        // Those of long windows are evaluated rarely, and unknown until then.
        const bad = all.filter(({ health }) => health === 'err');
        if (bad.length > 0) throw new NotSo(`in error: ${bad.map(({ name }) => name).join(', ')}`);
        if (!all.some(({ health }) => health === 'ok')) throw new NotSo('none was evaluated yet');
        return all;
      });
      const alerts = rules.filter(({ type }) => type === 'alerting').length;
      const done = rules.filter(({ health }) => health === 'ok').length;
      return `${rules.length - alerts} recording, ${alerts} alerting; ${done} evaluated, none in error`;
    },
  },
  {
    name: 'Prometheus reaches Alertmanager',
    needs: ['prometheus', 'alertmanager'],
    look: async (stack) => {
      const url = await until(async () => {
        const text = await got(stack.places.url('prometheus', 9090, '/api/v1/alertmanagers'));
        const { data } = JSON.parse(text) as { readonly data: { readonly activeAlertmanagers: readonly { readonly url: string }[] } };
        if (data.activeAlertmanagers.length === 0) throw new NotSo('no active Alertmanager');
        return data.activeAlertmanagers[0]?.url ?? '';
      });
      const status = JSON.parse(await got(stack.places.url('alertmanager', 9093, '/api/v2/status'))) as {
        readonly versionInfo: { version: string };
      };
      return `${url}, version ${status.versionInfo.version}`;
    },
  },
  {
    name: 'tail sampling decides',
    needs: ['otel-collector', 'prometheus'],
    look: async (stack) => {
      const decided = await until(() =>
        some(query(stack, 'sum by (policy) ({__name__=~"otelcol_processor_tail_sampling_count_traces_sampled.*"}) > 0')),
      );
      return `policies: ${decided.map(({ metric }) => metric['policy'] ?? '').join(', ')}`;
    },
  },
  {
    name: 'publishing goes on without the collector',
    needs: ['otel-collector', ...NODES],
    look: async (stack) => {
      const stopped = await stack.stopService('otel-collector');
      const startedAt = performance.now();
      for (let index = 0; index < 20; index += 1) await publishOnce(stack);
      return `it ended in ${Math.round(stopped)} ms; 20 durable publishes after it took ${Math.round(performance.now() - startedAt)} ms`;
    },
  },
];

/** Sends the traffic, then looks; what fails is told and does not keep the rest from being looked at. */
export async function runChecks(stack: Stack, note: (result: CheckResult) => void): Promise<readonly CheckResult[]> {
  const traffic = await makeTraffic(stack);
  const results: CheckResult[] = [];
  for (const { name, needs, look } of CHECKS) {
    const missing = needs.filter((service) => !stack.isRunning(service));
    const result: CheckResult =
      missing.length > 0
        ? { name, state: 'left out', detail: `without ${missing.join(' and ')}` }
        : await look(stack, traffic).then(
            (detail) => ({ name, state: 'holds' as const, detail }),
            (error: unknown) => ({ name, state: 'fails' as const, detail: error instanceof Error ? error.message : String(error) }),
          );
    results.push(result);
    note(result);
  }
  return results;
}

interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [time: number, value: string];
}

async function query(stack: Stack, expression: string): Promise<readonly Sample[]> {
  const text = await got(stack.places.url('prometheus', 9090, `/api/v1/query?query=${encodeURIComponent(expression)}`));
  return (JSON.parse(text) as { readonly data: { readonly result: readonly Sample[] } }).data.result;
}

/** Trace ids, the oldest first. */
async function exemplarsOf(stack: Stack, metric: string): Promise<readonly string[]> {
  const now = Date.now() / 1_000;
  const path = `/api/v1/query_exemplars?query=${encodeURIComponent(metric)}&start=${now - 600}&end=${now + 1}`;
  const { data } = JSON.parse(await got(stack.places.url('prometheus', 9090, path))) as {
    readonly data: readonly {
      readonly exemplars: readonly { readonly labels: Readonly<Record<string, string>>; readonly timestamp: number }[];
    }[];
  };
  return data
    .flatMap(({ exemplars }) => exemplars)
    .toSorted((one, other) => one.timestamp - other.timestamp)
    .flatMap(({ labels }) => labels['trace_id'] ?? []);
}

interface Target {
  readonly scrapeUrl: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly health: string;
  readonly lastError: string;
}

async function targetsOf(stack: Stack): Promise<readonly Target[]> {
  const text = await got(stack.places.url('prometheus', 9090, '/api/v1/targets'));
  return (JSON.parse(text) as { readonly data: { readonly activeTargets: readonly Target[] } }).data.activeTargets;
}

async function rulesOf(stack: Stack): Promise<readonly { readonly name: string; readonly health: string; readonly type: string }[]> {
  const text = await got(stack.places.url('prometheus', 9090, '/api/v1/rules'));
  const { data } = JSON.parse(text) as {
    readonly data: { readonly groups: readonly { readonly rules: readonly { name: string; health: string; type: string }[] }[] };
  };
  return data.groups.flatMap(({ rules }) => rules);
}

/** Names of a trace's spans. Throws where Jaeger does not have it. */
async function spansOf(stack: Stack, traceId: string): Promise<readonly string[]> {
  const text = await got(stack.places.url('jaeger', 16686, `/api/traces/${traceId}`));
  const { data } = JSON.parse(text) as { readonly data: readonly { readonly spans: readonly { readonly operationName: string }[] }[] };
  return data.flatMap(({ spans }) => spans.map(({ operationName }) => operationName));
}

/** A target whose service is not installed is down, and that is no news. */
function isExpected(stack: Stack, instance: string): boolean {
  const place = stack.places.all.find(([, port]) => instance.endsWith(`:${port}`))?.[0];
  return place === undefined || stack.isRunning(place.split(':')[0] ?? '');
}

async function some(samples: Promise<readonly Sample[]>): Promise<readonly Sample[]> {
  const found = await samples;
  if (found.length === 0) throw new NotSo('no such series');
  return found;
}

async function got(url: string): Promise<string> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  const text = await answer.text();
  if (!answer.ok) throw new NotSo(`${url} answered ${answer.status}: ${text.slice(0, 300)}`);
  return text;
}

/** Asks again until it holds; what it said last is what it fails with. */
async function until<T>(look: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + DEADLINE_MS;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await delay(POLL_MS);
  }
}
