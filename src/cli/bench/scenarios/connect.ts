import type { BenchRun } from '../bench-run.js';
import { handshakeFigures, requireAllOpen } from './handshakes.js';

/** Opens connections in stages and holds each stage. */
export async function connect(run: BenchRun): Promise<void> {
  const { plan } = run;
  for (const count of plan.stages) {
    if (run.signal.aborted) return;
    const from = await run.openTo(count, {
      ...(plan.rate === undefined ? {} : { rate: plan.rate }),
      ...(plan.subscribe ? { topic: plan.topic } : {}),
    });
    const rampSeconds = (performance.now() - from) / 1_000;
    await run.wait(plan.duration);
    const { open } = run.fleet.progress();
    await run.addStage(`${count} connections`, from, (tally) => handshakeFigures(run, tally, rampSeconds));
    requireAllOpen(run, count, open);
  }
}
