import type { BenchRun } from '../bench-run.js';
import { handshakeFigures, requireAllOpen } from './handshakes.js';

/** Beyond the jitter, time for everybody to be back. */
const GRACE_MS = 60_000;

/** Opens connections, holds them, cuts all at once and lets them return with full jitter. */
export async function storm(run: BenchRun): Promise<void> {
  const { plan } = run;
  const from = await run.openTo(plan.connections, plan.subscribe ? { topic: plan.topic } : {});
  const rampSeconds = (performance.now() - from) / 1_000;
  requireAllOpen(run, plan.connections, run.fleet.progress().open);
  await run.wait(plan.duration);
  await run.addStage('before', from, (tally) => handshakeFigures(run, tally, rampSeconds));
  if (run.signal.aborted) return;
  run.say('Cutting every connection.');
  const cutAt = performance.now();
  await run.fleet.storm({ jitterMs: plan.jitterMs, opening: plan.connections, deadlineMs: plan.jitterMs + GRACE_MS });
  const seconds = (performance.now() - cutAt) / 1_000;
  const { open } = run.fleet.progress();
  await run.addStage('storm', cutAt, (tally) => ({
    ...handshakeFigures(run, tally, seconds),
    all_back_s: open === plan.connections ? seconds : undefined,
    away_p50_ms: tally.away.percentile(0.5),
    away_p99_ms: tally.away.percentile(0.99),
    away_max_ms: tally.away.percentile(1),
    refused_and_tried_again: [...tally.failures.values()].reduce((sum, times) => sum + times, 0),
  }));
  if (open < plan.connections && !run.signal.aborted)
    run.problems.push(`storm: ${plan.connections - open} of ${plan.connections} connections were not back after ${Math.round(seconds)} s`);
}
