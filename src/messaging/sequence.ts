import type { Message } from './message.js';

/** Messages kept that came before their turn; the log has the others. */
const AHEAD = 1_024;

/**
 * The order of one topic: which `seq` comes next, and what came too early. Pure bookkeeping; who reads holes and who is told
 * stands elsewhere.
 */
export class Sequence {
  /** Last `seq` in order. */
  last = 0;
  /** Highest `seq` known to exist. */
  target = 0;
  /** Exists only while something came too early. */
  private ahead: Map<number, Message> | undefined;

  constructor(public epoch: string) {}

  /** Whether messages are known to exist that have not come. */
  get incomplete(): boolean {
    return this.last < this.target;
  }

  /** Lowest `seq` that came too early; undefined where none did. */
  get nextKept(): number | undefined {
    let lowest: number | undefined;
    for (const seq of this.ahead?.keys() ?? []) {
      if (lowest === undefined || seq < lowest) lowest = seq;
    }
    return lowest;
  }

  get kept(): number {
    return this.ahead?.size ?? 0;
  }

  know(seq: number): void {
    if (seq > this.target) this.target = seq;
  }

  keep(message: Message): void {
    this.ahead ??= new Map();
    if (this.ahead.size < AHEAD) this.ahead.set(message.seq, message);
  }

  /** The message whose turn it is, if it came early. */
  takeNext(): Message | undefined {
    const next = this.ahead?.get(this.last + 1);
    if (next !== undefined) this.forget(next.seq);
    return next;
  }

  advance(seq: number): void {
    if (this.ahead !== undefined) {
      if (seq > this.last + 1) {
        for (const early of this.ahead.keys()) if (early <= seq) this.forget(early);
      } else {
        // It may have come early while it was being read from the log.
        this.forget(seq);
      }
    }
    this.last = seq;
    this.know(seq);
  }

  restart(epoch: string, last: number, target: number): void {
    this.epoch = epoch;
    this.last = last;
    this.target = Math.max(last, target);
    this.ahead = undefined;
  }

  private forget(seq: number): void {
    if (this.ahead?.delete(seq) === true && this.ahead.size === 0) this.ahead = undefined;
  }
}
