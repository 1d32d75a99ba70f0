import { Backoff } from './backoff.js';
import type { Clock } from './clock.js';
import { knownErrorCode, WaybillError, type WaybillErrorCode } from './errors.js';
import { count, type Fields, isFields, type Notice, text } from './frames.js';
import type { Message } from './message.js';
import type { Settlement } from './requests.js';
import type { TopicSubscription } from './topic-subscription.js';

/** Topics of one frame: far below the frame limit with the longest names. */
const TOPICS_PER_FRAME = 64;
const LATER: ReadonlySet<WaybillErrorCode> = new Set([
  'UNAVAILABLE',
  'DRAINING',
  'RATE_LIMITED',
  'INTERNAL',
  'REPLY_TIMEOUT',
  'DEADLINE_EXCEEDED',
]);

export interface SubscriptionsOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** Sends on the open connection; fails at once where there is none. */
  readonly dispatch: (action: string, data: unknown, settlement: Settlement) => void;
  readonly isOpen: () => boolean;
}

/** All subscriptions of a client: asks for them, asks again after each reconnect, and hands each topic's frames to its own. */
export class Subscriptions {
  readonly #byTopic = new Map<string, TopicSubscription>();
  readonly #unsent = new Set<TopicSubscription>();
  readonly #backoff: Backoff;
  #flushScheduled = false;

  constructor(private readonly options: SubscriptionsOptions) {
    this.#backoff = new Backoff({ minDelayMs: 1_000 }, options.random);
  }

  get(topic: string): TopicSubscription | undefined {
    return this.#byTopic.get(topic);
  }

  add(subscription: TopicSubscription): void {
    this.#byTopic.set(subscription.topic, subscription);
    this.#send(subscription);
  }

  /** Ends a subscription of the application's own will. */
  remove(subscription: TopicSubscription): void {
    if (this.#byTopic.get(subscription.topic) !== subscription) return;
    subscription.leaving();
    const wasSent = !this.#unsent.has(subscription);
    this.#forget(subscription, new WaybillError('CLOSED', 'Unsubscribed'));
    if (!wasSent || !this.options.isOpen()) return;
    // The server takes frames in order, and with the connection the subscription would go as well: no outcome matters here.
    this.options.dispatch('topic.unsubscribe', { topics: [subscription.topic] }, { done: () => undefined, failed: () => undefined });
  }

  /** A connection opened: everything is asked for again, with the positions reached. */
  restore(): void {
    for (const subscription of this.restoring()) this.#unsent.add(subscription);
    this.#flush();
  }

  /** A connection opened: everything that is to be asked for again, all in one; `restored` or `restore` follows. */
  restoring(): readonly TopicSubscription[] {
    this.#backoff.reset();
    this.#unsent.clear();
    return [...this.#byTopic.values()];
  }

  /** The reply to what `restoring` named. Answers the topics of it that nobody wants any more. */
  restored(asked: readonly TopicSubscription[], data: unknown): readonly string[] {
    const answers = answersByTopic(data);
    for (const subscription of asked) this.#answered(subscription, answers.get(subscription.topic));
    return [...answers].flatMap(([topic, { epoch }]) => (epoch !== undefined && !this.#byTopic.has(topic) ? topic : []));
  }

  /** The connection is about to be closed in order. */
  leaving(): void {
    for (const subscription of this.#byTopic.values()) subscription.leaving();
  }

  interrupt(): void {
    for (const subscription of this.#byTopic.values()) subscription.interrupt();
  }

  endAll(cause: WaybillError): void {
    for (const subscription of [...this.#byTopic.values()]) this.#forget(subscription, cause);
  }

  accept(message: Message): void {
    this.#byTopic.get(message.topic)?.accept(message);
  }

  /** Answers whether the notice was about a topic subscribed here. */
  noted({ action, topic, data }: Notice): boolean {
    const subscription = topic === undefined ? undefined : this.#byTopic.get(topic);
    if (subscription === undefined) return false;
    if (action === 'topic.gap') subscription.gap(count(data['from']) ?? 0, count(data['to']) ?? 0, text(data['reason']) ?? 'not told');
    else if (action === 'topic.reset') subscription.reset(text(data['epoch']) ?? '', count(data['head']));
    else if (action === 'topic.unsubscribed') {
      this.#forget(
        subscription,
        new WaybillError(
          knownErrorCode(data['code']),
          text(data['message']) ?? `The server ended the subscription to ${subscription.topic}`,
        ),
      );
    } else if (action === 'presence.join' || action === 'presence.leave') {
      subscription.presenceChanged({
        topic: subscription.topic,
        kind: action === 'presence.join' ? 'join' : 'leave',
        users: Array.isArray(data['users']) ? data['users'].filter((user) => typeof user === 'string') : [],
        usersCount: count(data['users_count']) ?? 0,
        connectionsCount: count(data['connections_count']) ?? 0,
      });
    } else return false;
    return true;
  }

  #send(subscription: TopicSubscription): void {
    this.#unsent.add(subscription);
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    // Subscriptions made in one turn share a frame.
    queueMicrotask(() => {
      this.#flushScheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (!this.options.isOpen()) return;
    const waiting = [...this.#unsent];
    this.#unsent.clear();
    for (let start = 0; start < waiting.length; start += TOPICS_PER_FRAME) {
      this.#ask(waiting.slice(start, start + TOPICS_PER_FRAME));
    }
  }

  #ask(asked: readonly TopicSubscription[]): void {
    const topics = asked.map((subscription) => subscription.request());
    this.options.dispatch(
      'topic.subscribe',
      { topics },
      {
        done: (data) => {
          const answers = answersByTopic(data);
          for (const subscription of asked) this.#answered(subscription, answers.get(subscription.topic));
        },
        // A lost connection needs nothing: the next one restores every subscription.
        failed: (error) => {
          if (error.code !== 'CONNECTION_LOST') this.#refused(asked, error);
        },
      },
    );
  }

  #answered(subscription: TopicSubscription, answer: Fields | undefined): void {
    if (this.#byTopic.get(subscription.topic) !== subscription) return;
    const code = answer?.['code'];
    const [epoch, head] = [text(answer?.['epoch']), count(answer?.['head'])];
    if (epoch !== undefined && head !== undefined && (code === undefined || code === 'OK')) {
      const recovered = answer?.['recovered'];
      return subscription.answered({ epoch, head, recovered: typeof recovered === 'boolean' ? recovered : undefined });
    }
    const message = text(answer?.['message']) ?? `The server did not answer for ${subscription.topic}`;
    const detail = { field: text(answer?.['field']), retryAfterMs: count(answer?.['retry_after_ms']) };
    this.#refused([subscription], new WaybillError(knownErrorCode(code), message, detail));
  }

  #refused(refused: readonly TopicSubscription[], error: WaybillError): void {
    const living = refused.filter((subscription) => this.#byTopic.get(subscription.topic) === subscription);
    if (!LATER.has(error.code)) {
      for (const subscription of living) this.#forget(subscription, error);
      return;
    }
    this.options.clock.after(this.#backoff.next(error.retryAfterMs), () => {
      for (const subscription of living) {
        if (this.#byTopic.get(subscription.topic) === subscription && subscription.state === 'pending') this.#send(subscription);
      }
    });
  }

  #forget(subscription: TopicSubscription, cause: WaybillError): void {
    this.#byTopic.delete(subscription.topic);
    this.#unsent.delete(subscription);
    subscription.end(cause);
  }
}

/** The entries of a reply to `topic.subscribe` or `resume`, by topic. */
export function answersByTopic(data: unknown): ReadonlyMap<string, Fields> {
  const entries = isFields(data) && Array.isArray(data['topics']) ? data['topics'].filter(isFields) : [];
  return new Map(entries.map((entry) => [text(entry['topic']) ?? '', entry]));
}
