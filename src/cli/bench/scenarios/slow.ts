import type { BenchRun } from '../bench-run.js';
import { PublishLoad } from '../publish-load.js';
import type { Figures } from '../report.js';
import { requireAllOpen } from './handshakes.js';
import { publishAtRate, requireAnswered } from './publish-at-rate.js';
import { requireDelivered } from './shortfall.js';

const DEFAULT_RATE = 50;
/** Codes with which a gateway may end a connection that does not read. */
const EXPECTED = new Set([4408, 4450]);
const SLOW_USER = 'slow';

/** Of `GET ops/connections`, what is used here. */
interface EndedConnection {
  readonly opened_at: number;
  readonly closed_at?: number;
  readonly close?: { readonly code: number; readonly reason: string };
}

/** Some subscribers stop reading: the gateway must end them with the code for it, and the others must not notice. */
export async function slow(run: BenchRun): Promise<void> {
  const { plan } = run;
  const load = new PublishLoad(plan.bytes);
  run.detail = () => `${load.acknowledged} published`;
  await load.add(await run.publisherPlan('publisher'), plan.topic);
  try {
    await run.openTo(plan.connections, { topic: plan.topic });
    requireAllOpen(run, plan.connections, run.fleet.progress().open);
    await phase(run, load, 'before');
    if (run.signal.aborted) return;
    const began = performance.now();
    const beganAt = Date.now();
    await run.open(plan.slow, SLOW_USER, { topic: plan.topic, manner: plan.drip ? 'drips' : 'stops' });
    run.say(`${plan.slow} more subscribe and ${plan.drip ? 'read one byte a second' : 'read nothing'}.`);
    await phase(run, load, 'during');
    requireAnswered(run, load);
    await judgeSlow(run, beganAt, (performance.now() - began) / 1_000);
  } finally {
    load.close();
  }
}

async function phase(run: BenchRun, load: PublishLoad, name: string): Promise<void> {
  const { plan } = run;
  await run.forget();
  const before = load.acknowledged;
  const from = performance.now();
  await publishAtRate(run, load, plan.rate ?? DEFAULT_RATE);
  const seconds = (performance.now() - from) / 1_000;
  const lost = await requireDelivered(run, name, load.topics.get(plan.topic)?.highest ?? 0);
  await run.addStage(name, from, (tally): Figures => ({
    published_per_s: (load.acknowledged - before) / seconds,
    others_p50_ms: tally.latency.percentile(0.5),
    others_p99_ms: tally.latency.percentile(0.99),
    others_max_ms: tally.latency.percentile(1),
    lost: lost + tally.missed,
  }));
}

/** A client that does not read sees no close frame, so the gateway is asked what became of them. */
async function judgeSlow(run: BenchRun, beganAt: number, seconds: number): Promise<void> {
  const { plan } = run;
  const ended: EndedConnection[] = [];
  for (let index = 0; index < plan.slow; index += 1) {
    const user = `${plan.topic}.${SLOW_USER}.${index}`;
    const query = new URLSearchParams({ state: 'closed', user }).toString();
    const { items } = (await run.gateway.call({ path: `ops/connections?${query}` })) as { readonly items: readonly EndedConnection[] };
    ended.push(...items);
  }
  const codes = Map.groupBy(ended, ({ close }) => close?.code ?? 0);
  const times = ended.map(({ closed_at: at = beganAt }) => (at - beganAt) / 1_000).toSorted((a, b) => a - b);
  run.stages.push({
    stage: 'slow ones',
    figures: { open: plan.slow - ended.length, closed: ended.length, first_closed_s: times[0], last_closed_s: times.at(-1) },
    failures: {},
    closes: Object.fromEntries([...codes].map(([code, items]) => [`close ${code} ${items[0]?.close?.reason ?? ''}`.trim(), items.length])),
  });
  if (run.signal.aborted) return;
  for (const [code, items] of codes)
    if (!EXPECTED.has(code)) run.problems.push(`${items.length} slow connections ended with ${code}, which says something else`);
  if (ended.length < plan.slow)
    run.problems.push(
      `${plan.slow - ended.length} of ${plan.slow} slow connections were still open after ${Math.round(seconds)} s; ` +
        'publish more or longer (--rate, --bytes, --duration): the kernels take megabytes before anything waits in the gateway',
    );
}
