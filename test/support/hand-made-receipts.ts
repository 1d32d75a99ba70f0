import type { OpenReceipt, OpenReceipts, TopicProgress } from '../../src/messaging/ledger/open-receipts.js';
import type { Mark, Receipt } from '../../src/messaging/ledger/receipt.js';

/** Open receipts that a test makes and moves by hand. */
export class HandMadeReceipts implements OpenReceipts {
  private readonly topics = new Map<string, HandMadeTopic>();
  private made = 0;

  /** Moves a topic on to a place; those that follow it are written up to there. */
  move(topic: string, epoch: string, seq: number, at = Date.now()): HandMadeTopic {
    const known = this.topics.get(topic);
    const progress = known?.epoch === epoch ? known : new HandMadeTopic(topic, epoch);
    this.topics.set(topic, progress);
    progress.moveTo(seq, at);
    return progress;
  }

  /** A receipt that follows its topic, unless positions are given. */
  open(receipt: Partial<Receipt> & Pick<Receipt, 'topic' | 'epoch' | 'user' | 'connection'>): HandMadeReceipt {
    const progress = this.topics.get(receipt.topic) ?? this.move(receipt.topic, receipt.epoch, receipt.after ?? 0);
    const open = new HandMadeReceipt(progress, { no: (this.made += 1), openedAt: Date.now(), after: progress.seq, ...receipt });
    progress.add(open);
    progress.hasMoved = true;
    return open;
  }

  /** Takes an open receipt away and answers what it closes with. */
  close(open: HandMadeReceipt, values: Partial<Receipt> = {}): Receipt {
    for (const progress of this.topics.values()) progress.remove(open);
    return { ...open.look(), closedAt: Date.now(), ...values };
  }

  moved(): readonly TopicProgress[] {
    const moved = [...this.topics.values()].filter((progress) => progress.hasMoved);
    for (const progress of moved) progress.hasMoved = false;
    return moved;
  }

  of(topic: string): TopicProgress | undefined {
    return this.topics.get(topic);
  }

  ofConnection(connection: string): readonly OpenReceipt[] {
    return [...this.topics.values()].flatMap((progress) => [...progress.receipts()]).filter((open) => open.connection === connection);
  }
}

export class HandMadeTopic implements TopicProgress {
  seq = 0;
  hasMoved = false;
  readonly marks: Mark[] = [];
  private readonly open = new Set<HandMadeReceipt>();

  constructor(
    readonly topic: string,
    readonly epoch: string,
  ) {}

  moveTo(seq: number, at: number): void {
    this.seq = seq;
    this.hasMoved = true;
    this.marks.push({ seq, at });
  }

  add(receipt: HandMadeReceipt): void {
    this.open.add(receipt);
  }

  remove(receipt: HandMadeReceipt): void {
    this.open.delete(receipt);
  }

  receipts(): Iterable<HandMadeReceipt> {
    return this.open;
  }
}

export class HandMadeReceipt implements OpenReceipt {
  recorded = false;
  hasNews = false;

  constructor(
    private readonly progress: HandMadeTopic,
    private values: Partial<Receipt> & Pick<Receipt, 'no' | 'topic' | 'epoch' | 'user' | 'connection' | 'openedAt' | 'after'>,
  ) {
    this.hasNews = values.written !== undefined || values.exceptions !== undefined;
  }

  get no(): number {
    return this.values.no;
  }

  get user(): string {
    return this.values.user;
  }

  get connection(): string {
    return this.values.connection;
  }

  /** What no longer is as its topic's progress has it. */
  change(values: Partial<Receipt>): void {
    this.values = { ...this.values, ...values };
    this.hasNews = true;
    this.progress.hasMoved = true;
  }

  snapshot(): Receipt {
    this.hasNews = false;
    return this.look();
  }

  look(): Receipt {
    const reached = Math.max(this.progress.seq, this.values.after);
    return {
      recoveredTo: 0,
      offered: this.values.written ?? reached,
      handed: this.values.written ?? reached,
      written: reached,
      acked: 0,
      lagged: false,
      exceptions: [],
      head: reached,
      closedAt: undefined,
      ...this.values,
    };
  }
}
