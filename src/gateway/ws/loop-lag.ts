import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';

const SAMPLE_MS = 50;
const WINDOW_MS = 1_000;
/** The sum is shared by no fewer: otherwise one pause, of the collector perhaps, would look like a second of overload. */
const LEAST_SAMPLES = 4;

interface Sample {
  readonly at: number;
  readonly lagMs: number;
}

/** How late the event loop is: by how much a timer of 50 ms missed its time, as the mean over the last second. */
@Injectable()
export class LoopLag implements OnApplicationBootstrap, OnModuleDestroy {
  private samples: readonly Sample[] = [];
  private lastAt = 0;
  private mean = 0;
  private timer: NodeJS.Timeout | undefined;

  /** In milliseconds. */
  get meanMs(): number {
    return this.mean;
  }

  onApplicationBootstrap(): void {
    this.lastAt = performance.now();
    this.timer = setInterval(() => this.sample(performance.now()), SAMPLE_MS);
    this.timer.unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  private sample(now: number): void {
    const lagMs = Math.max(0, now - this.lastAt - SAMPLE_MS);
    this.lastAt = now;
    this.samples = [...this.samples.filter(({ at }) => at > now - WINDOW_MS), { at: now, lagMs }];
    const sum = this.samples.reduce((total, sample) => total + sample.lagMs, 0);
    this.mean = sum / Math.max(LEAST_SAMPLES, this.samples.length);
  }
}
