import type { BenchRun } from '../bench-run.js';
import { PublishLoad } from '../publish-load.js';
import { requireAllOpen } from './handshakes.js';
import { publishAtRate, requireAnswered } from './publish-at-rate.js';
import { requireDelivered } from './shortfall.js';

const DEFAULT_RATE = 10;

/** Everybody subscribes to one topic, and one publisher publishes to it at a steady rate. */
export async function fanout(run: BenchRun): Promise<void> {
  const { plan } = run;
  const load = new PublishLoad(plan.bytes);
  run.detail = () => `${load.acknowledged} published`;
  await load.add(await run.publisherPlan('publisher'), plan.topic);
  try {
    for (const count of plan.stages) {
      if (run.signal.aborted) return;
      await run.openTo(count, { topic: plan.topic });
      requireAllOpen(run, count, run.fleet.progress().open);
      await stage(run, load, count);
    }
    requireAnswered(run, load);
  } finally {
    load.close();
  }
}

async function stage(run: BenchRun, load: PublishLoad, count: number): Promise<void> {
  const { plan } = run;
  const opening = await run.forget();
  const before = load.acknowledged;
  const from = performance.now();
  await publishAtRate(run, load, plan.rate ?? DEFAULT_RATE);
  const seconds = (performance.now() - from) / 1_000;
  const head = load.topics.get(plan.topic)?.highest ?? 0;
  const lost = await requireDelivered(run, `${count} subscribers`, head);
  const acknowledgement = load.takeLatency();
  await run.addStage(`${count} subscribers`, from, (tally) => {
    for (const [reason, times] of opening.failures) tally.count('failures', reason, times);
    return {
      published_per_s: (load.acknowledged - before) / seconds,
      deliveries_per_s: tally.deliveries / seconds,
      delivery_p50_ms: tally.latency.percentile(0.5),
      delivery_p99_ms: tally.latency.percentile(0.99),
      delivery_max_ms: tally.latency.percentile(1),
      acknowledged_p50_ms: acknowledgement.percentile(0.5),
      acknowledged_p99_ms: acknowledgement.percentile(0.99),
      deliveries: tally.deliveries,
      lost: lost + tally.missed,
    };
  });
}
