import type { OpenReceipt, OpenReceipts, TopicProgress } from '../../messaging/ledger/open-receipts.js';
import type { Mark } from '../../messaging/ledger/receipt.js';
import type { EntryOf } from './entry.js';

/** Topics whose last place is kept for later while nothing can be recorded; of more, only the times of writes are lost. */
const MOST_POSITIONS = 10_000;

/** How far this node has come with a topic. */
export interface NodePosition {
  readonly topic: string;
  readonly epoch: string;
  readonly seq: number;
  readonly marks: readonly Mark[];
  /** When it was so, milliseconds since the epoch. */
  readonly at: number;
}

export interface Snapshot {
  readonly entries: readonly EntryOf<'open'>[];
  readonly positions: readonly NodePosition[];
}

/** Reads the open receipts of this node as they stand at one moment: what is new since the last time. */
export class Checkpoint {
  /** Topics to be looked at although they did not move. */
  private owed = new Set<string>();
  private readonly positions = new Map<string, NodePosition>();

  constructor(
    private readonly open: OpenReceipts,
    /** Numbers of open receipts that have a row. */
    private readonly rows: Set<number>,
  ) {}

  /** A topic's receipts say more than its progress, so it is looked at next time. */
  owe(topic: string): void {
    this.owed.add(topic);
  }

  /** Nothing can be recorded now: only remembers what moved. */
  remember(): void {
    const at = Date.now();
    for (const progress of this.open.moved()) {
      this.owed.add(progress.topic);
      if (this.positions.size < MOST_POSITIONS) this.note(progress, at);
    }
  }

  read(): Snapshot {
    const at = Date.now();
    const entries: EntryOf<'open'>[] = [];
    const owed = this.owed;
    this.owed = new Set();
    for (const progress of this.open.moved()) {
      owed.delete(progress.topic);
      this.note(progress, at);
      this.collect(progress, entries);
    }
    for (const topic of owed) {
      const progress = this.open.of(topic);
      if (progress === undefined) continue;
      this.note(progress, at);
      this.collect(progress, entries);
    }
    const positions = [...this.positions.values()];
    this.positions.clear();
    return { entries, positions };
  }

  private note({ topic, epoch, seq, marks }: TopicProgress, at: number): void {
    this.positions.set(`${topic} ${epoch}`, { topic, epoch, seq, marks: [...marks], at });
  }

  private collect(progress: TopicProgress, entries: EntryOf<'open'>[]): void {
    for (const open of progress.receipts()) {
      const isNew = !this.rows.has(open.no);
      if (isNew || open.hasNews) this.take(open, isNew, progress, entries);
    }
  }

  private take(open: OpenReceipt, isNew: boolean, progress: TopicProgress, entries: EntryOf<'open'>[]): void {
    const receipt = open.snapshot();
    const isOfEpoch = receipt.epoch === progress.epoch;
    // It was owed nothing yet: an idle connection costs no row.
    if (isNew && isOfEpoch && receipt.after >= progress.seq) return;
    const follows = isOfEpoch && receipt.written >= progress.seq;
    if (!follows) this.owed.add(progress.topic);
    this.rows.add(open.no);
    open.recorded = true;
    entries.push({ kind: 'open', receipt, follows });
  }
}
