import { setTimeout as delay } from 'node:timers/promises';
import { Histogram, type HistogramCounts } from './histogram.ts';
import type { WorkerMark } from './worker.ts';

export interface WindowResult {
  readonly seconds: number;
  /** Operations that ended within the window. */
  readonly operations: number;
  /** Operations of the whole run, those before and after the window included. */
  readonly allOperations: number;
  /** CPU time that this process took within the window, in milliseconds. */
  readonly cpuMs: number;
  /** Durations of what was timed within the window. */
  readonly durations: HistogramCounts;
}

/**
 * The part of a run that counts: what ends before it only warms up, what ends after it only ends. Its begin and end are told to
 * the rig at once, which reads the other processes' clocks then.
 */
export class MeasuredWindow {
  private readonly histogram = new Histogram();
  private operations = 0;
  private allOperations = 0;
  private isOpen = false;

  ended(operations: number, milliseconds: number): void {
    this.counted(operations);
    this.timed(milliseconds);
  }

  /** Operations that nobody timed. */
  counted(operations: number): void {
    this.allOperations += operations;
    if (this.isOpen) this.operations += operations;
  }

  timed(milliseconds: number): void {
    if (this.isOpen) this.histogram.record(milliseconds);
  }

  /** Answers when the window has closed, with what gives the result once everything under way has ended. */
  async run(warmUpSeconds: number, seconds: number): Promise<() => WindowResult> {
    await delay(warmUpSeconds * 1_000);
    const cpuBefore = process.cpuUsage();
    const startedAt = performance.now();
    mark('begin');
    this.isOpen = true;
    await delay(seconds * 1_000);
    this.isOpen = false;
    mark('end');
    const tookMs = performance.now() - startedAt;
    const { user, system } = process.cpuUsage(cpuBefore);
    return () => ({
      seconds: tookMs / 1_000,
      operations: this.operations,
      allOperations: this.allOperations,
      cpuMs: (user + system) / 1_000,
      durations: this.histogram.counts,
    });
  }
}

function mark(kind: WorkerMark['kind']): void {
  process.send?.({ kind } satisfies WorkerMark);
}
