import { CANARY_PATHS, type CanaryPath, type CanaryResult } from './canary-result.js';

/** Results kept of each path. */
const KEPT = 100;
/** How soon the canary looks again whether the node is up, in milliseconds. */
const UP_CHECK_MS = 200;
/** The longest wait after a run that failed, in milliseconds: what is broken, and what is mended, is to be known soon. */
const AFTER_FAILURE_MS = 1_000;

export interface CanaryPlan {
  /** Milliseconds between two rounds; 0: none but those that somebody asks for. */
  readonly intervalMs: number;
  /** Every so many rounds the stored path is tried too; 0: never. */
  readonly storedEvery: number;
}

export interface CanarySurroundings {
  /** Whether the node takes newcomers now. */
  readonly isUp: () => boolean;
  readonly run: (path: CanaryPath) => Promise<CanaryResult>;
  /** After a run that did not come back: the next one begins anew. */
  readonly cut: () => void;
  readonly close: () => void;
  readonly onResult: (result: CanaryResult) => void;
}

/** Sends the canary round and round, and remembers how it went. One run at a time. */
export class Canary {
  private readonly results: Record<CanaryPath, CanaryResult[]> = { live: [], stored: [] };
  private readonly failedInRow: Record<CanaryPath, number> = { live: 0, stored: 0 };
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<readonly CanaryResult[]> | undefined;
  private rounds = 0;
  private stopped = false;

  constructor(
    readonly plan: CanaryPlan,
    private readonly surroundings: CanarySurroundings,
  ) {}

  /** Begins as soon as the node is up. */
  start(): void {
    if (this.plan.intervalMs > 0) this.after(UP_CHECK_MS);
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    this.surroundings.close();
  }

  /** Runs that failed, one after the other, up to now. Skipped ones neither count nor end the row. */
  failures(path: CanaryPath): number {
    return this.failedInRow[path];
  }

  last(path: CanaryPath): CanaryResult | undefined {
    return this.results[path][0];
  }

  /** Newest first. */
  history(path: CanaryPath): readonly CanaryResult[] {
    return this.results[path];
  }

  /** Runs both paths now; who asks while a round is under way is given that one, or what it leaves out. */
  async now(): Promise<readonly CanaryResult[]> {
    await this.running;
    return this.round(CANARY_PATHS);
  }

  private after(ms: number): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => void this.beat(), ms);
    this.timer.unref();
  }

  private async beat(): Promise<void> {
    if (!this.surroundings.isUp()) return this.after(UP_CHECK_MS);
    const { intervalMs, storedEvery } = this.plan;
    const withStored = storedEvery > 0 && this.rounds % storedEvery === 0;
    this.rounds += 1;
    const results = await this.round(withStored ? CANARY_PATHS : ['live']);
    const failed = results.some(({ result }) => result === 'failed');
    this.after(failed ? Math.min(intervalMs, AFTER_FAILURE_MS) : intervalMs);
  }

  private round(paths: readonly CanaryPath[]): Promise<readonly CanaryResult[]> {
    this.running ??= this.runAll(paths).finally(() => {
      this.running = undefined;
      if (this.plan.intervalMs === 0) this.surroundings.close();
    });
    return this.running;
  }

  private async runAll(paths: readonly CanaryPath[]): Promise<readonly CanaryResult[]> {
    const results: CanaryResult[] = [];
    for (const path of paths) {
      const result = await this.surroundings.run(path);
      if (result.result !== 'ok') this.surroundings.cut();
      // A node that stops is no broken one.
      if (!this.surroundings.isUp()) break;
      this.keep(result);
      results.push(result);
    }
    return results;
  }

  private keep(result: CanaryResult): void {
    const { path } = result;
    if (result.result === 'failed') this.failedInRow[path] += 1;
    else if (result.result === 'ok') this.failedInRow[path] = 0;
    this.results[path].unshift(result);
    this.results[path].length = Math.min(KEPT, this.results[path].length);
    this.surroundings.onResult(result);
  }
}
