import { Logger } from '@nestjs/common';

/** Milliseconds of fan-out before the event loop gets a turn: one hot topic must not stall the others, or the heartbeat. */
const BUDGET_MS = 5;

/** Something with frames to hand out. */
export interface Flushable {
  /** Hands out one slice, or stops at the deadline (`performance.now()`); answers whether nothing is left. */
  flush(deadline: number): boolean;
}

/**
 * Runs fan-outs at the end of the turn of the event loop in which their topics received something, so that what a topic
 * publishes within one turn leaves as one buffer. Topics take turns slice by slice.
 */
export class Flusher {
  private readonly logger = new Logger(Flusher.name);
  private readonly waiting = new Set<Flushable>();
  private scheduled: NodeJS.Immediate | undefined;

  add(flushable: Flushable): void {
    this.waiting.add(flushable);
    this.scheduled ??= setImmediate(this.run);
  }

  remove(flushable: Flushable): void {
    this.waiting.delete(flushable);
  }

  close(): void {
    if (this.scheduled !== undefined) clearImmediate(this.scheduled);
    this.scheduled = undefined;
    this.waiting.clear();
  }

  private readonly run = (): void => {
    this.scheduled = undefined;
    const deadline = performance.now() + BUDGET_MS;
    for (const flushable of this.waiting) {
      this.waiting.delete(flushable);
      // Re-adding puts it behind the others; the loop meets it again if there is time.
      if (!this.flushed(flushable, deadline)) this.waiting.add(flushable);
      if (performance.now() >= deadline) break;
    }
    if (this.waiting.size > 0) this.scheduled ??= setImmediate(this.run);
  };

  private flushed(flushable: Flushable, deadline: number): boolean {
    try {
      return flushable.flush(deadline);
    } catch (error) {
      // A defect of one subscriber; the slice's cursor has moved past it, so the rest of the topic goes on.
      this.logger.error(error);
      return false;
    }
  }
}
