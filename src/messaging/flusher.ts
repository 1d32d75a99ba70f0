import { Logger } from '@nestjs/common';
import type { FlushTurn } from './flush-turn.js';

/** Milliseconds of fan-out before the event loop gets a turn: one hot topic must not stall the others, or the heartbeat. */
const BUDGET_MS = 5;

/** Something with frames to hand out. */
export interface Flushable {
  /** Hands out one slice, or stops at the deadline (`performance.now()`); answers whether nothing is left. */
  flush(deadline: number): boolean;
  /** What was handed out has been written: ends the slices that are complete. */
  settle(): void;
}

/**
 * Runs fan-outs at the end of the turn of the event loop in which their topics received something, or a set time later, so that
 * what a topic publishes meanwhile leaves as one buffer. Topics take turns slice by slice.
 */
export class Flusher {
  private readonly logger = new Logger(Flusher.name);
  private readonly waiting = new Set<Flushable>();
  private scheduled: NodeJS.Immediate | undefined;
  private delayed: NodeJS.Timeout | undefined;

  constructor(
    private readonly turn: FlushTurn,
    /** Deliberate delay in milliseconds; 0: the end of the turn. */
    private readonly delayMs: number,
  ) {}

  add(flushable: Flushable): void {
    this.waiting.add(flushable);
    if (this.delayMs === 0) this.scheduled ??= setImmediate(this.run);
    else if (this.scheduled === undefined) this.delayed ??= setTimeout(this.run, this.delayMs);
  }

  remove(flushable: Flushable): void {
    this.waiting.delete(flushable);
  }

  close(): void {
    clearImmediate(this.scheduled);
    clearTimeout(this.delayed);
    this.scheduled = undefined;
    this.delayed = undefined;
    this.waiting.clear();
  }

  private readonly run = (): void => {
    this.scheduled = undefined;
    this.delayed = undefined;
    const flushed = new Set<Flushable>();
    if (this.waiting.size > 1) this.turn.begin();
    this.handOut(flushed);
    this.turn.end();
    for (const flushable of flushed) flushable.settle();
    if (this.waiting.size > 0) this.scheduled ??= setImmediate(this.run);
  };

  private handOut(flushed: Set<Flushable>): void {
    const deadline = performance.now() + BUDGET_MS;
    for (const flushable of this.waiting) {
      this.waiting.delete(flushable);
      flushed.add(flushable);
      // Re-adding puts it behind the others; the loop meets it again if there is time.
      if (!this.isDone(flushable, deadline)) this.waiting.add(flushable);
      if (this.turn.isFull || performance.now() >= deadline) return;
    }
  }

  private isDone(flushable: Flushable, deadline: number): boolean {
    try {
      return flushable.flush(deadline);
    } catch (error) {
      // A defect of one subscriber; the slice's cursor has moved past it, so the rest of the topic goes on.
      this.logger.error(error);
      return false;
    }
  }
}
