import type { BenchRun } from '../bench-run.js';
import { PublishLoad } from '../publish-load.js';
import { lastAnswers, publishAtRate, requireAnswered } from './publish-at-rate.js';

/** Sockets publish durable messages, as fast as the publishes in flight allow or at a rate. */
export async function publish(run: BenchRun): Promise<void> {
  const { plan } = run;
  const load = new PublishLoad(plan.bytes);
  const topics = Array.from({ length: plan.topics }, (_, index) => `${plan.topic}.${index}`);
  run.detail = () => `${load.acknowledged} acknowledged, ${load.inFlight} in flight`;
  try {
    let opened = 0;
    for (const count of plan.stages) {
      for (; opened < count && !run.signal.aborted; opened += 1) {
        await load.add(await run.publisherPlan('publisher'), topics[opened % topics.length] ?? plan.topic);
      }
      if (run.signal.aborted) return;
      await stage(run, load, count);
    }
    await requireStored(run, load);
  } finally {
    load.close();
  }
}

async function stage(run: BenchRun, load: PublishLoad, count: number): Promise<void> {
  const { rate, inFlight } = run.plan;
  await run.forget();
  const before = load.acknowledged;
  const from = performance.now();
  if (rate === undefined) await closedLoop(run, load);
  else await publishAtRate(run, load, rate, inFlight);
  const seconds = (performance.now() - from) / 1_000;
  const latency = load.takeLatency();
  await run.addStage(`${count} publishers`, from, () => ({
    open: count,
    acknowledged_per_s: (load.acknowledged - before) / seconds,
    acknowledged_p50_ms: latency.percentile(0.5),
    acknowledged_p99_ms: latency.percentile(0.99),
    acknowledged_max_ms: latency.percentile(1),
    acknowledged: load.acknowledged - before,
  }));
}

/** Every socket always has its publishes in flight. */
async function closedLoop(run: BenchRun, load: PublishLoad): Promise<void> {
  const end = performance.now() + run.plan.duration * 1_000;
  while (performance.now() < end && !run.signal.aborted) {
    while (load.publish(performance.now(), run.plan.inFlight));
    await load.answered(100);
  }
  await lastAnswers(load);
}

/** What was acknowledged must stand in the log: each position once, and none beyond the head. */
async function requireStored(run: BenchRun, load: PublishLoad): Promise<void> {
  const unknown = requireAnswered(run, load);
  for (const [topic, { count, highest, sum }] of load.topics) {
    const { head } = (await run.gateway.call({ path: `topics/${topic}` })) as { readonly head: number };
    const wholeSum = (head * (head + 1)) / 2;
    const isWhole = count === head && highest === head && sum === wholeSum;
    if (highest > head || (unknown === 0 && !isWhole)) {
      run.problems.push(`${topic}: ${count} publishes were acknowledged up to ${highest}, and its log ends at ${head}`);
    }
  }
}
