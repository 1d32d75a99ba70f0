import { topicKind } from '../protocol/topic-name.js';
import type { Joining, JoinStart } from './joining.js';
import type { Subscriber } from './subscriber.js';
import type { Subscription } from './subscription.js';
import type { TopicChannel } from './topic-channel.js';

/** A subscription with what holds it: all of it ends together. */
export interface Held {
  readonly subscription: Subscription;
  readonly channel: TopicChannel;
  /** Present until it is live; a second subscribe brings one back. */
  joining: Joining | undefined;
  /** Counts subscribes: only the latest one's `activate` has an effect. */
  attempt: number;
  /** A subscribe is under way. */
  busy: boolean;
  /** Where it goes on if the subscribe under way fails. */
  fallback: JoinStart | undefined;
  /** Told to telemetry as begun, so its end will be told too. */
  counted: boolean;
  /** Ends the presence of the connection in the topic. */
  leave: (() => void) | undefined;
}

/** Which subscriber holds what, by topic. */
export class SubscriptionRegistry {
  private readonly bySubscriber = new Map<Subscriber, Map<string, Held>>();
  /** Subscribers that have ended: a subscribe that was still on its way must not bring one back. */
  private readonly ended = new WeakSet<Subscriber>();

  get size(): number {
    let size = 0;
    for (const topics of this.bySubscriber.values()) size += topics.size;
    return size;
  }

  find(subscriber: Subscriber, topic: string): Held | undefined {
    return this.bySubscriber.get(subscriber)?.get(topic);
  }

  all(subscriber: Subscriber): Iterable<Held> {
    return this.bySubscriber.get(subscriber)?.values() ?? [];
  }

  topics(subscriber: Subscriber): readonly string[] {
    return [...(this.bySubscriber.get(subscriber)?.keys() ?? [])];
  }

  of(topic: string): readonly Subscription[] {
    const found: Subscription[] = [];
    for (const topics of this.bySubscriber.values()) {
      const held = topics.get(topic);
      if (held !== undefined) found.push(held.subscription);
    }
    return found;
  }

  subscribers(): Iterable<Subscriber> {
    return this.bySubscriber.keys();
  }

  /** Topics that the subscriber chose itself; `$user` and `$all` are the server's. */
  chosen(subscriber: Subscriber): number {
    let chosen = 0;
    for (const topic of this.bySubscriber.get(subscriber)?.keys() ?? []) if (topicKind(topic) === 'plain') chosen += 1;
    return chosen;
  }

  hasEnded(subscriber: Subscriber): boolean {
    return this.ended.has(subscriber);
  }

  add(subscriber: Subscriber, topic: string, held: Held): void {
    const topics = this.bySubscriber.get(subscriber);
    if (topics === undefined) this.bySubscriber.set(subscriber, new Map([[topic, held]]));
    else topics.set(topic, held);
  }

  remove(subscriber: Subscriber, topic: string): Held | undefined {
    const topics = this.bySubscriber.get(subscriber);
    const held = topics?.get(topic);
    if (topics === undefined || held === undefined) return undefined;
    topics.delete(topic);
    if (topics.size === 0) this.bySubscriber.delete(subscriber);
    return held;
  }

  end(subscriber: Subscriber): void {
    this.ended.add(subscriber);
  }
}
