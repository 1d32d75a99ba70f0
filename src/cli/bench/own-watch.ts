import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Figures } from './report.js';

const TIMER_MS = 10;
const NS_PER_MS = 1e6;
/** Beyond it a latency says more of this process than of the gateway. */
export const BUSY_LOOP_MS = 50;

/** The load's own cost: a load that cannot keep up measures itself. */
export class OwnWatch {
  private readonly delay = monitorEventLoopDelay({ resolution: TIMER_MS });
  private cpu = process.cpuUsage();
  private since = performance.now();

  start(): void {
    this.delay.enable();
  }

  stop(): void {
    this.delay.disable();
  }

  /** Since the last call. Of this process; those of a spread load have their own. */
  figures(): Figures {
    const { user, system } = process.cpuUsage(this.cpu);
    const seconds = (performance.now() - this.since) / 1_000;
    const loop = this.delay.count === 0 ? 0 : Math.max(0, this.delay.percentile(99) / NS_PER_MS - TIMER_MS);
    this.cpu = process.cpuUsage();
    this.since = performance.now();
    this.delay.reset();
    return { load_cpu_percent: ((user + system) / 1e6 / seconds) * 100, load_loop_delay_p99_ms: loop };
  }
}
