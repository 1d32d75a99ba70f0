import { randomBytes } from 'node:crypto';
import type { BrokerListener, NoticeListener } from '../messaging/broker.js';
import type { AppendOutcome, HistoryPage, ReadRange, TopicEnds, TopicSummary } from '../messaging/message-log.js';
import type { Draft, Message } from '../messaging/message.js';
import { EphemeralTopic } from './ephemeral-topic.js';

/** Ephemeral topics without publish or subscriber for this long are forgotten, in milliseconds. */
const IDLE_MS = 3_600_000;
/** Oldest topics looked at when a new one begins: forgetting keeps pace with beginning. */
const LOOKED_AT = 2;

/** One node's end of the bus. */
export interface Station {
  readonly topics: ReadonlySet<string>;
  readonly listener: BrokerListener | undefined;
  readonly noticeListener: NoticeListener | undefined;
}

/**
 * What joins the brokers of one process. Delivery is asynchronous like any bus's, so that nobody comes to rely on the
 * opposite, but cheap: what is published within one turn is handed out together in a microtask, in the order published.
 */
export class MemoryBus {
  private readonly stations = new Set<Station>();
  private readonly ephemeral = new Map<string, EphemeralTopic>();
  private sent: Message[] = [];
  /** When each of them was sent: milliseconds, monotonic. */
  private sentAt: number[] = [];
  private readonly run = randomBytes(4).toString('hex');
  /** Rises when a topic is deleted or forgotten, so that its next beginning has another epoch. */
  private generation = 1;

  attach(station: Station): void {
    this.stations.add(station);
  }

  detach(station: Station): void {
    this.stations.delete(station);
  }

  send(message: Message): void {
    if (this.sent.length === 0) queueMicrotask(() => this.handOut());
    this.sent.push(message);
    this.sentAt.push(performance.now());
  }

  tell(topic: string, text: string): void {
    queueMicrotask(() => {
      for (const station of this.stations) if (station.topics.has(topic)) station.noticeListener?.(topic, text);
    });
  }

  sequence(draft: Draft, bufferLength: number): AppendOutcome {
    const topic = this.ephemeral.get(draft.topic) ?? this.begin(draft.topic);
    // Least recently published first, which is the order of forgetting.
    this.ephemeral.delete(draft.topic);
    this.ephemeral.set(draft.topic, topic);
    const { outcome, message } = topic.append(draft, bufferLength);
    if (message !== undefined) this.send(message);
    return outcome;
  }

  read(topic: string, range: ReadRange): HistoryPage {
    return this.ephemeral.get(topic)?.read(range) ?? { ...this.ends(topic), messages: [] };
  }

  /** A topic that somebody is subscribed to keeps the epoch that was answered, even while it is empty. */
  ends(topic: string): TopicEnds {
    const known = this.ephemeral.get(topic) ?? (this.isSubscribed(topic) ? this.begin(topic) : undefined);
    return known?.ends() ?? { epoch: this.epoch(), head: 0, floor: 0 };
  }

  topics(page: { readonly after?: string; readonly prefix?: string; readonly limit: number }): readonly TopicSummary[] {
    const { after = '', prefix = '', limit } = page;
    return [...this.ephemeral]
      .filter(([name, topic]) => name > after && name.startsWith(prefix) && topic.ends().head > 0)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .slice(0, limit)
      .map(([name, topic]) => ({ topic: name, ...topic.ends(), lastAt: topic.lastAt }));
  }

  delete(topic: string): boolean {
    const existed = (this.ephemeral.get(topic)?.ends().head ?? 0) > 0;
    if (this.ephemeral.delete(topic)) this.generation += 1;
    return existed;
  }

  private begin(name: string): EphemeralTopic {
    this.forgetIdle();
    const topic = new EphemeralTopic(this.epoch());
    this.ephemeral.set(name, topic);
    return topic;
  }

  private epoch(): string {
    return `${this.run}${this.generation.toString(36)}`;
  }

  private forgetIdle(): void {
    let looked = 0;
    for (const [name, topic] of this.ephemeral) {
      if (looked === LOOKED_AT) return;
      looked += 1;
      if (Date.now() - topic.usedAt > IDLE_MS && !this.isSubscribed(name)) this.delete(name);
    }
  }

  private isSubscribed(topic: string): boolean {
    for (const station of this.stations) if (station.topics.has(topic)) return true;
    return false;
  }

  private handOut(): void {
    const [messages, sentAt] = [this.sent, this.sentAt];
    this.sent = [];
    this.sentAt = [];
    let place = 0;
    for (const message of messages) {
      const at = sentAt[place] ?? 0;
      place += 1;
      for (const station of this.stations) {
        // What is handed out before it in the same turn keeps a message waiting, so each arrival is looked at by itself.
        if (station.topics.has(message.topic)) station.listener?.(message, performance.now() - at);
      }
    }
  }
}
