import { CREDENTIALS } from '../../faults/rig/credentials.js';
import { CommandLine } from '../../support/command-line.js';
import type { Monitored } from './monitored.js';
import { panelQueries, type PanelQuery } from './panels.js';
import type { Exemplar } from './prometheus.js';

const LOOK_BACK_S = 60;
const LATENCY = /\bwaybill_delivery_latency_seconds_bucket\b/;

/** One step: what somebody types, and what they are answered. */
export interface Step {
  readonly name: 'panel' | 'exemplar' | 'trace' | 'log' | 'waybill' | 'why';
  readonly command: string;
  readonly output: string;
}

interface SpanView {
  readonly span_id: string;
}

interface Recipient {
  readonly user: string;
  readonly outcome: string;
}

interface Waybill {
  readonly position: { readonly topic: string; readonly seq: number };
  readonly origin: { readonly trace_id?: string };
  readonly recipients: readonly Recipient[];
}

/** What the walk came by. */
export interface Walk {
  readonly steps: readonly Step[];
  readonly traceId: string;
  readonly msgId: string;
  readonly topic: string;
  readonly seq: number;
  readonly recipient: Recipient;
}

/**
 * Follows one message from the panel of delivery latency to one of its recipients. Each step uses what the step before it answered and
 * nothing else; one that finds no way on throws a sentence that says which link is missing.
 */
export async function walk(monitored: Monitored): Promise<Walk> {
  const panel = latencyPanel();
  const exemplar = await newestExemplar(monitored, panel);
  const traceId = exemplar.labels['trace_id'] ?? missing('the exemplar names no trace_id');
  const { spans } = (await monitored.rest.data('GET', `ops/traces/${traceId}`)) as { readonly spans: readonly SpanView[] };
  if (!spans.some(({ span_id: id }) => id === exemplar.labels['span_id'])) missing(`the exemplar's span is not in trace ${traceId}`);
  const lines = logLines(monitored, traceId);
  const logged = lines.find(({ event }) => event === 'message.published') ?? missing(`no log line of trace ${traceId} tells of a publish`);
  const msgId = typeof logged.msg_id === 'string' ? logged.msg_id : missing('the log line of the publish names no msg_id');
  const waybill = (await monitored.rest.data('GET', `ops/messages/${msgId}/waybill`)) as Waybill;
  if (waybill.origin.trace_id !== traceId) missing(`the waybill of ${msgId} does not lead back to trace ${traceId}`);
  const recipient = waybill.recipients[0] ?? missing(`the waybill of ${msgId} names no recipient`);
  const { topic, seq } = waybill.position;
  const why = ['why', '--user', recipient.user, '--topic', topic, '--seq', String(seq)];
  const steps: readonly Step[] = [
    { name: 'panel', command: `${panel.dashboard}: ${panel.panel}`, output: panel.expression },
    { name: 'exemplar', command: exemplarCommand(panel), output: JSON.stringify(exemplar, undefined, 2) },
    await commandLine(monitored, 'trace', ['trace', traceId]),
    { name: 'log', command: `grep ${traceId} waybill.log`, output: lines.map(({ text }) => text).join('\n') },
    await commandLine(monitored, 'waybill', ['message', msgId]),
    await commandLine(monitored, 'why', why),
  ];
  return { steps, traceId, msgId, topic, seq, recipient };
}

function latencyPanel(): PanelQuery {
  const panel = panelQueries().find(({ exemplar, expression }) => exemplar && LATENCY.test(expression));
  return panel ?? missing('no panel shows exemplars of waybill_delivery_latency_seconds');
}

async function newestExemplar({ prometheus }: Monitored, { expression }: PanelQuery): Promise<Exemplar> {
  const series = await prometheus.queryExemplars(expression, LOOK_BACK_S);
  const exemplars = series.flatMap(({ exemplars: found }) => found);
  const newest = exemplars.sort((left, right) => left.timestamp - right.timestamp).at(-1);
  return newest ?? missing('Prometheus has no exemplar of the panel');
}

interface LogLine {
  readonly text: string;
  readonly event?: unknown;
  readonly msg_id?: unknown;
}

function logLines({ node }: Monitored, traceId: string): readonly LogLine[] {
  const lines = node.output.split('\n').filter((line) => line.includes(traceId));
  if (lines.length === 0) missing(`no log line names trace ${traceId}`);
  return lines.map((text) => ({ text, ...(JSON.parse(text) as { readonly event?: unknown; readonly msg_id?: unknown }) }));
}

async function commandLine({ rest }: Monitored, name: Step['name'], argv: readonly string[]): Promise<Step> {
  const run = new CommandLine(['--url', rest.url, '--api-key', CREDENTIALS.WAYBILL_API_KEY, ...argv]);
  if ((await run.exit) !== 0) missing(`waybill ${argv.join(' ')}: ${run.err}`);
  return { name, command: `waybill ${argv.join(' ')}`, output: run.out.trimEnd() };
}

function exemplarCommand({ expression }: PanelQuery): string {
  return `curl -sG http://127.0.0.1:9090/api/v1/query_exemplars -d start=$(date -d '-1 min' +%s) -d end=$(date +%s) \\\n    --data-urlencode 'query=${expression}'`;
}

function missing(sentence: string): never {
  throw new Error(`the walk ends: ${sentence}`);
}
