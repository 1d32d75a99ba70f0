import type { FanOut } from '../fan-out.js';

/** Topics that have moved, or whose receipts have news, since the ledger asked last. */
export class Moves {
  private moved: FanOut[] = [];

  add(fanOut: FanOut): void {
    this.moved.push(fanOut);
  }

  take(): readonly FanOut[] {
    const { moved } = this;
    this.moved = [];
    for (const fanOut of moved) fanOut.taken();
    return moved;
  }
}
