import { randomBytes } from 'node:crypto';
import { Config } from '../config/config.js';
import { policyOf } from '../config/namespace-policy.js';
import { namespaceOf } from '../protocol/topic-name.js';
import type { Draft, Message, Position } from './message.js';
import {
  type AppendOutcome,
  type HistoryPage,
  MessageLog,
  type ReadRange,
  type RewindScope,
  type TopicBusy,
  type TopicEnds,
  type TopicSummary,
} from './message-log.js';
import { refuseUnstorable } from './storable.js';

interface Entry {
  readonly message: Message;
  /** When it was appended, by this log's clock; never falls within a topic. */
  readonly storedAt: number;
}

interface Topic {
  /** Follows the generation in the topic's epoch. */
  salt: string;
  /** Messages 1..head; those below the floor are only kept back from readers. */
  entries: Entry[];
  /** Newest message by publisher and msg_id. */
  readonly byIdentity: Map<string, Entry>;
}

/** The log in memory: the twin that tests compare the real one with. Nothing survives a restart. */
export class MemoryMessageLog extends MessageLog {
  private generation = `1${randomBytes(4).toString('hex').slice(1)}`;
  private readonly byName = new Map<string, Topic>();

  constructor(
    private readonly config: Config,
    private readonly now: () => number = Date.now,
  ) {
    super();
  }

  override append(drafts: readonly Draft[]): Promise<readonly AppendOutcome[]> {
    return Promise.resolve(drafts.map((draft) => this.appendOne(draft)));
  }

  override appendFree(drafts: readonly Draft[]): Promise<readonly (AppendOutcome | TopicBusy)[]> {
    return this.append(drafts);
  }

  override ends(topics: readonly string[]): Promise<readonly TopicEnds[]> {
    return Promise.resolve(topics.map((topic) => this.endsOf(topic)));
  }

  override read(topic: string, range: ReadRange): Promise<HistoryPage> {
    const ends = this.endsOf(topic);
    const low = Math.max(range.after ?? 0, ends.floor);
    const high = Math.min((range.before ?? Number.MAX_SAFE_INTEGER) - 1, ends.head);
    const inRange = (this.byName.get(topic)?.entries ?? [])
      .slice(low, Math.max(low, high))
      .map((entry) => ({ ...entry.message, epoch: ends.epoch }));
    const fromTheEnd = range.after === undefined && range.before !== undefined;
    const page = taken(fromTheEnd ? inRange.toReversed() : inRange, range);
    return Promise.resolve({ ...ends, messages: fromTheEnd ? page.toReversed() : page });
  }

  override topics(page: { readonly after?: string; readonly prefix?: string; readonly limit: number }): Promise<readonly TopicSummary[]> {
    const { after = '', prefix = '', limit } = page;
    const names = [...this.byName.keys()].filter((name) => name > after && name.startsWith(prefix) && this.headOf(name) > 0).sort();
    return Promise.resolve(names.slice(0, limit).map((topic) => ({ topic, ...this.endsOf(topic), lastAt: this.lastAt(topic) })));
  }

  override delete(name: string): Promise<boolean> {
    const topic = this.byName.get(name);
    if (topic === undefined || topic.entries.length === 0) return Promise.resolve(false);
    topic.salt = saltOfItsOwn();
    topic.entries = [];
    topic.byIdentity.clear();
    return Promise.resolve(true);
  }

  /** Loses what came after a `seq`, as a log restored from an older copy has. */
  loseAfter(name: string, seq: number): void {
    const topic = this.topic(name);
    for (const [identity, entry] of topic.byIdentity) if (entry.message.seq > seq) topic.byIdentity.delete(identity);
    topic.entries.length = seq;
  }

  override reportRewind(name: string, position: Position, scope: RewindScope): Promise<boolean> {
    const topic = this.topic(name);
    if (this.epochOf(topic) !== position.epoch || topic.entries.length >= position.seq) return Promise.resolve(false);
    if (scope === 'topic') topic.salt = saltOfItsOwn();
    else this.generation = `${Number(this.generation[0]) + 1}${randomBytes(4).toString('hex').slice(1)}`;
    return Promise.resolve(true);
  }

  private epochOf(topic: Topic): string {
    return `${this.generation}${topic.salt}`;
  }

  private appendOne(draft: Draft): AppendOutcome {
    const refusal = refuseUnstorable(draft);
    if (refusal !== undefined) return { kind: 'refused', refusal };
    const topic = this.topic(draft.topic);
    const identity = JSON.stringify([draft.publisher, draft.msgId]);
    const known = topic.byIdentity.get(identity);
    const storedAt = Math.max(this.now(), topic.entries.at(-1)?.storedAt ?? 0);
    if (known !== undefined && known.storedAt > storedAt - this.config.messaging.idempotencyHours * 3_600_000) {
      const { seq, action, dataText, timestamp } = known.message;
      const epoch = this.epochOf(topic);
      const same = action === draft.action && dataText === draft.dataText;
      return same ? { kind: 'duplicate', position: { epoch, seq }, timestamp } : { kind: 'conflict', position: { epoch, seq } };
    }
    const position = { epoch: this.epochOf(topic), seq: topic.entries.length + 1 };
    const entry = { message: { ...draft, ...position }, storedAt };
    topic.entries.push(entry);
    topic.byIdentity.set(identity, entry);
    return { kind: 'stored', position };
  }

  private topic(name: string): Topic {
    const known = this.byName.get(name);
    if (known !== undefined) return known;
    const topic: Topic = { salt: '', entries: [], byIdentity: new Map() };
    this.byName.set(name, topic);
    return topic;
  }

  private endsOf(name: string): TopicEnds {
    const topic = this.byName.get(name);
    if (topic === undefined) return { epoch: this.generation, head: 0, floor: 0 };
    return { epoch: this.epochOf(topic), head: topic.entries.length, floor: this.floorOf(name, topic.entries) };
  }

  private floorOf(name: string, entries: readonly Entry[]): number {
    const { history_length: length, history_age_s: ageS } = policyOf(this.config.messaging.namespaces, namespaceOf(name));
    let floor = length > 0 ? Math.max(0, entries.length - length) : 0;
    const cutoff = this.now() - ageS * 1_000;
    while (ageS > 0 && floor < entries.length && (entries[floor] as Entry).storedAt <= cutoff) floor += 1;
    return floor;
  }

  private headOf(name: string): number {
    return this.byName.get(name)?.entries.length ?? 0;
  }

  private lastAt(name: string): number {
    return this.byName.get(name)?.entries.at(-1)?.message.timestamp ?? 0;
  }
}

function saltOfItsOwn(): string {
  return `-${randomBytes(4).toString('hex')}`;
}

/** The first messages of a list that fit the page. */
function taken(messages: readonly Message[], range: ReadRange): readonly Message[] {
  const page: Message[] = [];
  let bytes = 0;
  for (const message of messages) {
    bytes += Buffer.byteLength(message.dataText);
    if (page.length === range.limit || (page.length > 0 && bytes > (range.maxBytes ?? Number.MAX_SAFE_INTEGER))) break;
    page.push(message);
  }
  return page;
}
