import { keyOf } from './key.js';
import type { LedgerRecord } from './ledger-record.js';
import type {
  AttemptRecord,
  HeadRecord,
  HistoryRecord,
  LogRecord,
  Outcome,
  ResultRecord,
  StoredRecord,
  SubscriberRecord,
} from './record.js';

/** One message as its publisher knows it, over all attempts. */
export interface Publication {
  readonly publisher: string;
  readonly topic: string;
  readonly msgId: string;
  readonly first: AttemptRecord;
  readonly results: ResultRecord[];
}

/** A topic as it was read back. */
export interface TopicHistory extends HistoryRecord {
  readonly messages: StoredRecord[];
  readonly bySeq: Map<number, StoredRecord>;
}

export type Acked = Extract<Outcome, { readonly kind: 'acked' }>;

/** The whole log of a test, put in order for the rules. */
export class Evidence {
  readonly publications = new Map<string, Publication>();
  readonly history = new Map<string, TopicHistory>();
  /** What each subscriber logged, in its order. */
  readonly subscribers = new Map<string, SubscriberRecord[]>();
  readonly heads: HeadRecord[] = [];
  /** What the ledger was asked and said, and what it may not know because of. */
  readonly ledger: LedgerRecord[] = [];
  private readonly attempted = new Set<string>();
  private readonly stored = new Set<string>();
  private readonly places = new Map<string, StoredRecord>();

  constructor(records: Iterable<LogRecord>) {
    for (const record of records) this.take(record);
  }

  /** Whether somebody attempted exactly this message. */
  wasAttempted(topic: string, msgId: string, hash: string): boolean {
    return this.attempted.has(keyOf(topic, msgId, hash));
  }

  /** Whether history has the message anywhere in its topic, whatever its epoch. */
  isStored({ topic, msgId, first }: Publication): boolean {
    return this.stored.has(keyOf(topic, msgId, first.hash));
  }

  /** Where history has a publisher's msg_id; the first place, where it has several. */
  placeOf({ publisher, topic, msgId }: Publication): StoredRecord | undefined {
    return this.places.get(keyOf(publisher, topic, msgId));
  }

  /** Every acknowledgement of a publication. */
  static acked(publication: Publication): readonly Acked[] {
    return publication.results.map(({ outcome }) => outcome).filter((outcome) => outcome.kind === 'acked');
  }

  private take(record: LogRecord): void {
    switch (record.kind) {
      case 'attempt':
        return this.attempt(record);
      case 'result':
        return void this.publications.get(keyOf(record.publisher, record.topic, record.msgId))?.results.push(record);
      case 'head':
        return void this.heads.push(record);
      case 'history':
        return void this.history.set(record.topic, { ...record, messages: [], bySeq: new Map() });
      case 'stored':
        return this.store(record);
      case 'subscribed':
      case 'delivered':
      case 'gap':
      case 'reset':
      case 'unsubscribed':
      case 'closed':
      case 'stopped':
      case 'connected':
      case 'paused':
      case 'leaving':
      case 'left':
      case 'ack':
      case 'reading':
      case 'read':
        return this.observe(record);
      case 'explain':
      case 'waybill':
      case 'unanswered':
      case 'node-ended':
      case 'ledger-gap':
      case 'clock':
        return void this.ledger.push(record);
    }
  }

  private attempt(record: AttemptRecord): void {
    const { publisher, topic, msgId, hash } = record;
    this.attempted.add(keyOf(topic, msgId, hash));
    const key = keyOf(publisher, topic, msgId);
    if (!this.publications.has(key)) this.publications.set(key, { publisher, topic, msgId, first: record, results: [] });
  }

  private store(record: StoredRecord): void {
    const topic = this.history.get(record.topic);
    if (topic === undefined) throw new Error(`the log has a stored message of ${record.topic} before its history record`);
    topic.messages.push(record);
    topic.bySeq.set(record.seq, record);
    this.stored.add(keyOf(record.topic, record.msgId, record.hash));
    const place = keyOf(record.publisher, record.topic, record.msgId);
    if (!this.places.has(place)) this.places.set(place, record);
  }

  private observe(record: SubscriberRecord): void {
    const known = this.subscribers.get(record.subscriber);
    if (known === undefined) this.subscribers.set(record.subscriber, [record]);
    else known.push(record);
  }
}
