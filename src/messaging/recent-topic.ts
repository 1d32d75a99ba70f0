import type { Message } from './message.js';

/** Of one topic: what could be recovered at most, and what its namespace keeps; zero means no limit in the last two. */
export interface RecentLimits {
  readonly messages: number;
  readonly bytes: number;
  readonly length: number;
  readonly ageMs: number;
}

/** The budget that all topics share. */
export interface RecentBudget {
  changed(topic: RecentTopic, messages: number, bytes: number): void;
}

/** What a message costs beside its payload, about. */
const MESSAGE_BYTES = 256;

/** The latest messages of one topic, in order and without holes. */
export class RecentTopic {
  private epoch = '';
  private messages: Message[] = [];
  private bytes = 0;

  constructor(
    private readonly limits: RecentLimits,
    private readonly budget: RecentBudget,
  ) {}

  get size(): number {
    return this.messages.length;
  }

  /** The next message of the topic. After a hole or in another epoch it begins anew. */
  add(message: Message): void {
    const last = this.messages.at(-1);
    if (last !== undefined && message.epoch === this.epoch) {
      if (message.seq <= last.seq) return;
      if (message.seq !== last.seq + 1) this.clear();
    } else this.clear();
    this.epoch = message.epoch;
    this.messages.push(message);
    this.count(1, costOf(message));
    this.shorten();
  }

  /** Messages without holes, as they were read. `reached`: the last `seq` that was added, or would have been. */
  addRead(read: readonly Message[], reached: number): void {
    const end = read.at(-1);
    if (end === undefined) return;
    const first = this.messages[0];
    if (first === undefined || end.epoch !== this.epoch) {
      // What is added next has to follow it.
      if (end.seq < reached) return;
      this.clear();
      this.epoch = end.epoch;
      this.prepend(read);
    } else if (end.seq >= first.seq - 1) this.prepend(read.filter(({ seq }) => seq < first.seq));
  }

  /** All messages behind one `seq` up to another; undefined: not all of them are here, or the log may have dropped some. */
  between(epoch: string, after: number, upTo: number): readonly Message[] | undefined {
    const first = this.messages[0];
    const { length, ageMs } = this.limits;
    if (first === undefined || epoch !== this.epoch || after + 1 < first.seq || upTo >= first.seq + this.messages.length) return undefined;
    if (length > 0 && upTo - after > length) return undefined;
    const found = this.messages.slice(after + 1 - first.seq, upTo + 1 - first.seq);
    if (ageMs > 0 && (found[0]?.timestamp ?? Infinity) <= Date.now() - ageMs) return undefined;
    return found;
  }

  /** Lets go of the oldest. */
  drop(): void {
    const oldest = this.messages.shift();
    if (oldest !== undefined) this.count(-1, -costOf(oldest));
  }

  clear(): void {
    const { length } = this.messages;
    if (length === 0) return;
    this.messages = [];
    this.count(-length, -this.bytes);
  }

  private prepend(older: readonly Message[]): void {
    if (older.length === 0) return;
    this.messages = [...older, ...this.messages];
    let bytes = 0;
    for (const message of older) bytes += costOf(message);
    this.count(older.length, bytes);
    this.shorten();
  }

  private shorten(): void {
    while (this.messages.length > this.limits.messages || this.bytes > this.limits.bytes + this.messages.length * MESSAGE_BYTES)
      this.drop();
  }

  private count(messages: number, bytes: number): void {
    this.bytes += bytes;
    this.budget.changed(this, messages, bytes);
  }
}

function costOf({ dataText }: Message): number {
  return MESSAGE_BYTES + dataText.length;
}
