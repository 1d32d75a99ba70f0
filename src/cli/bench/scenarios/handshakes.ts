import type { BenchRun } from '../bench-run.js';
import type { Figures } from '../report.js';
import type { Tally } from '../tally.js';

export function handshakeFigures(run: BenchRun, { opened, handshake }: Tally, seconds: number): Figures {
  return {
    ramp_s: seconds,
    opened_per_s: opened / seconds,
    handshake_p50_ms: handshake.percentile(0.5),
    handshake_p99_ms: handshake.percentile(0.99),
    handshake_max_ms: handshake.percentile(1),
    ...run.node.growthPerConnection(run.fleet.progress().open),
  };
}

/** A stage that lacks connections measured another load than it says. */
export function requireAllOpen(run: BenchRun, wanted: number, open: number): void {
  if (open < wanted && !run.signal.aborted) run.problems.push(`${wanted} connections: only ${open} are open`);
}
