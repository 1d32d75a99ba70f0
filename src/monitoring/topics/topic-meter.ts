/** Messages and bytes of one kind. */
export interface Volume {
  readonly messages: number;
  readonly bytes: number;
}

/** What went through one topic on this node within the window. */
export interface TopicVolume {
  /** Stored through this node's doors. */
  readonly published: Volume;
  /** Handed to subscribers of this node, each message once; bytes as they stand on the wire. */
  readonly handedOut: Volume;
  /** Pairs of message and connection. */
  readonly deliveries: number;
}

/** The last whole slots of one topic, the oldest first: how many in each. */
export interface TopicSteps {
  readonly step_s: number;
  /** When the last of them ended, in milliseconds since the epoch. */
  readonly ended_at: number;
  readonly published: readonly number[];
  readonly handed_out: readonly number[];
  readonly deliveries: readonly number[];
}

/** Length of one slot, in milliseconds. */
export const SLOT_MS = 10_000;
/** Slots of the window, the one that is not over included. */
export const SLOTS = 6;

/** One slot of each count, in this order. */
const PUBLISHED = 0;
const PUBLISHED_BYTES = 1;
const HANDED_OUT = 2;
const HANDED_OUT_BYTES = 3;
const DELIVERIES = 4;
const COUNTS = 5;

/** Counts one topic over the last minute, in slots of ten seconds. `slot` is the number of the slot that a call falls into. */
export class TopicMeter {
  private readonly counts: number[] = Array.from({ length: SLOTS * COUNTS }, () => 0);

  /** The slot in which something was last counted. */
  last: number;
  /** The latest slot that was looked at. */
  private latest: number;

  constructor(slot: number) {
    this.last = slot;
    this.latest = slot;
  }

  published(slot: number, bytes: number): void {
    const at = this.at(slot);
    this.last = slot;
    this.add(at + PUBLISHED, 1);
    this.add(at + PUBLISHED_BYTES, bytes);
  }

  handedOut(slot: number, bytes: number): void {
    const at = this.at(slot);
    this.last = slot;
    this.add(at + HANDED_OUT, 1);
    this.add(at + HANDED_OUT_BYTES, bytes);
  }

  delivered(slot: number, connections: number): void {
    if (!Number.isFinite(connections)) return;
    const at = this.at(slot);
    this.last = slot;
    this.add(at + DELIVERIES, connections);
  }

  /** Sums over the window that ends with this slot. */
  volume(slot: number): TopicVolume {
    this.at(slot);
    return {
      published: { messages: this.sum(PUBLISHED), bytes: this.sum(PUBLISHED_BYTES) },
      handedOut: { messages: this.sum(HANDED_OUT), bytes: this.sum(HANDED_OUT_BYTES) },
      deliveries: this.sum(DELIVERIES),
    };
  }

  /** The whole slots before this one. */
  steps(slot: number): Omit<TopicSteps, 'step_s' | 'ended_at'> {
    this.at(slot);
    const before = Array.from({ length: SLOTS - 1 }, (_, n) => ((slot + 1 + n) % SLOTS) * COUNTS);
    const each = (kind: number): readonly number[] => before.map((begin) => this.counts[begin + kind] ?? 0);
    return { published: each(PUBLISHED), handed_out: each(HANDED_OUT), deliveries: each(DELIVERIES) };
  }

  /** Empties the slots that have passed since the last call; answers where this one's counts begin. */
  private at(slot: number): number {
    const passed = Math.min(SLOTS, slot - this.latest);
    for (let back = 0; back < passed; back += 1) {
      const begin = ((slot - back) % SLOTS) * COUNTS;
      this.counts.fill(0, begin, begin + COUNTS);
    }
    if (slot > this.latest) this.latest = slot;
    return (slot % SLOTS) * COUNTS;
  }

  private add(place: number, amount: number): void {
    this.counts[place] = (this.counts[place] ?? 0) + amount;
  }

  private sum(kind: number): number {
    let sum = 0;
    for (let place = kind; place < this.counts.length; place += COUNTS) sum += this.counts[place] ?? 0;
    return sum;
  }
}
