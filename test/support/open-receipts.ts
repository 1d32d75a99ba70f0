import type { OpenReceipt, OpenReceipts, TopicProgress } from '../../src/messaging/ledger/open-receipts.js';
import type { Mark, Receipt } from '../../src/messaging/ledger/receipt.js';

interface Topic {
  epoch: string;
  seq: number;
  marks: Mark[];
  readonly open: Map<number, HeldReceipt>;
}

const START = 1_700_000_000_000;

/** A receipt as tests need it. */
export function receiptOf(no: number, parts: Partial<Receipt> = {}): Receipt {
  return {
    no,
    topic: 'room.a',
    epoch: '1abc',
    connection: `01920000-0000-7000-8000-${String(no).padStart(12, '0')}`,
    user: `user-${no}`,
    openedAt: START,
    after: 0,
    recoveredTo: 0,
    offered: 0,
    handed: 0,
    written: 0,
    acked: 0,
    lagged: false,
    exceptions: [],
    head: 0,
    closedAt: undefined,
    ...parts,
  };
}

class HeldReceipt implements OpenReceipt {
  recorded = false;
  hasNews = false;

  constructor(public held: Receipt) {}

  get no(): number {
    return this.held.no;
  }

  get user(): string {
    return this.held.user;
  }

  get connection(): string {
    return this.held.connection;
  }

  snapshot(): Receipt {
    return this.held;
  }

  look(): Receipt {
    return this.held;
  }
}

/** Open receipts that a test moves by hand. */
export class ScriptedOpenReceipts implements OpenReceipts {
  private readonly topics = new Map<string, Topic>();
  private readonly changed = new Set<string>();

  /** Opens a receipt. It is no reason to look at its topic. */
  open(receipt: Receipt): HeldReceipt {
    const held = new HeldReceipt(receipt);
    this.topic(receipt).open.set(receipt.no, held);
    return held;
  }

  /** Everybody who does not lag was given everything up to here. */
  move(name: string, seq: number, at = Date.now()): void {
    const topic = this.topics.get(name);
    if (topic === undefined) throw new Error(`${name} is not open`);
    topic.seq = seq;
    topic.marks.push({ seq, at });
    this.changed.add(name);
    for (const held of topic.open.values()) {
      if (!held.hasNews) held.held = { ...held.held, offered: seq, handed: seq, written: seq, head: seq };
    }
  }

  /** Takes a receipt out; answers it as it ended. */
  close(topic: string, no: number, parts: Partial<Receipt> = {}): Receipt {
    const receipts = this.topics.get(topic)?.open;
    const held = receipts?.get(no)?.held;
    if (held === undefined) throw new Error(`receipt ${no} is not open`);
    receipts?.delete(no);
    return { ...held, closedAt: Date.now(), ...parts };
  }

  moved(): readonly TopicProgress[] {
    const names = [...this.changed];
    this.changed.clear();
    return names.map((name) => this.progress(name, this.topics.get(name) as Topic));
  }

  of(name: string): TopicProgress | undefined {
    const topic = this.topics.get(name);
    return topic === undefined ? undefined : this.progress(name, topic);
  }

  *ofConnection(connection: string): Iterable<OpenReceipt> {
    for (const { open } of this.topics.values()) for (const held of open.values()) if (held.connection === connection) yield held;
  }

  private topic({ topic: name, epoch }: Receipt): Topic {
    const known = this.topics.get(name);
    if (known !== undefined) return known;
    const topic: Topic = { epoch, seq: 0, marks: [], open: new Map() };
    this.topics.set(name, topic);
    return topic;
  }

  private progress(name: string, { epoch, seq, marks, open }: Topic): TopicProgress {
    return { topic: name, epoch, seq, marks, receipts: () => open.values() };
  }
}
