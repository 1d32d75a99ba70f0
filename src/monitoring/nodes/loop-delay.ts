import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 10;
/** A window is judged when it is full, so that a number is never one of a moment. */
const WINDOW_MS = 10_000;
const NS_PER_MS = 1e6;

/** How late the event loop came to a timer over the last ten seconds, in milliseconds; as `nodejs_eventloop_lag_p99_seconds` counts it. */
export class LoopDelay {
  p99Ms = 0;
  maxMs = 0;
  private readonly histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  private timer: NodeJS.Timeout | undefined;

  start(): void {
    this.histogram.enable();
    this.timer = setInterval(() => this.take(), WINDOW_MS);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
    this.histogram.disable();
  }

  /** Ends a window. */
  take(): void {
    this.p99Ms = rounded(this.histogram.percentile(99));
    this.maxMs = rounded(this.histogram.max);
    this.histogram.reset();
  }
}

/** Of a window without a sample the histogram says nothing that is true. */
function rounded(nanoseconds: number): number {
  return Number.isFinite(nanoseconds) && nanoseconds < Number.MAX_SAFE_INTEGER ? Math.round(nanoseconds / NS_PER_MS / 0.1) / 10 : 0;
}
