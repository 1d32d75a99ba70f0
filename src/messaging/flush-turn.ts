import { Injectable } from '@nestjs/common';
import { batchOf, type FrameBatch } from './frame.js';

/** Writers gathered before their writes are due: together they take about as long as a flush may. */
const MOST_WRITERS = 2_048;

/** A connection that holds batches back until the turn ends. */
export interface GatheringWriter {
  /** Writes what was gathered, as one write. Never throws. */
  writeGathered(): void;
}

/**
 * One run of the flusher in which several topics have something to hand out. A connection that is subscribed to several of them
 * gathers its batches meanwhile and writes them at once: one system call instead of one for each topic.
 */
@Injectable()
export class FlushTurn {
  private writers: GatheringWriter[] = [];
  private gathering = false;
  private last: { readonly parts: readonly FrameBatch[]; readonly whole: FrameBatch } | undefined;

  get isGathering(): boolean {
    return this.gathering;
  }

  /** Whether so many writes are due that the run should stop handing out. */
  get isFull(): boolean {
    return this.writers.length >= MOST_WRITERS;
  }

  begin(): void {
    this.gathering = true;
  }

  /** Its `writeGathered` is called once, when the turn ends. */
  add(writer: GatheringWriter): void {
    this.writers.push(writer);
  }

  /** Several batches as one; made once for all connections that have the same topics. */
  joined(parts: readonly FrameBatch[]): FrameBatch {
    const { last } = this;
    if (last?.parts.length === parts.length && parts.every((part, index) => part === last.parts[index])) return last.whole;
    const whole = batchOf(parts.flatMap(({ frames }) => frames));
    this.last = { parts, whole };
    return whole;
  }

  end(): void {
    this.gathering = false;
    const due = this.writers;
    if (due.length === 0) return;
    this.writers = [];
    for (const writer of due) writer.writeGathered();
    this.last = undefined;
  }
}
