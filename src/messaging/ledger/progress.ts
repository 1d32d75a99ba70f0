import type { Mark } from './receipt.js';

/** Marks kept of a topic; beyond it every second of the older half is let go. */
const MOST_MARKS = 64;
/** Least time between two marks, in milliseconds; the youngest one moves until then. */
const APART_MS = 100;

/** How far the fan-out of one topic has come, with marks in time. Exists only for topics that have moved. */
export class Progress {
  /** Waits to be told to the ledger. */
  listed = false;
  /** `seq`, time, `seq`, time: numbers alone take the least room. */
  private flat: number[] = [];

  constructor(
    public epoch: string,
    public seq: number,
  ) {}

  /** Everybody has been handed everything up to here. */
  reach(epoch: string, seq: number): void {
    if (epoch !== this.epoch) this.flat = [];
    this.epoch = epoch;
    this.seq = seq;
    const { flat } = this;
    const { length } = flat;
    const at = Date.now();
    const apart = length >= 4 ? (flat[length - 1] as number) - (flat[length - 3] as number) : APART_MS;
    if (length > 0 && apart < APART_MS) {
      flat[length - 2] = seq;
      flat[length - 1] = at;
      return;
    }
    flat.push(seq, at);
    if (flat.length > MOST_MARKS * 2) this.thin();
  }

  get marks(): readonly Mark[] {
    const marks: Mark[] = [];
    for (let index = 0; index < this.flat.length; index += 2)
      marks.push({ seq: this.flat[index] as number, at: this.flat[index + 1] as number });
    return marks;
  }

  private thin(): void {
    // A mark of the older half in two goes: the later one stays, since a mark says what was handed out by then.
    this.flat = this.flat.filter((_, index) => index >= MOST_MARKS || (index >> 1) % 2 === 1);
  }
}
