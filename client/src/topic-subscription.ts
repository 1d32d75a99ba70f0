import { Acknowledger } from './acknowledger.js';
import type { Clock } from './clock.js';
import { Cursor, type CursorOptions, type TopicAnswer } from './cursor.js';
import type { WaybillError } from './errors.js';
import type { Settlement } from './requests.js';
import type { Gap, HistoryPage, Message, Position, PresenceChange, PublishResult, Reset } from './message.js';
import type { HistoryRange, PresenceAnswer, PublishOptions, SubscribeOptions } from './options.js';
import type { Subscription, SubscriptionEvents, SubscriptionState } from './subscription.js';
import { TypedEmitter } from './typed-emitter.js';

/** What a subscription needs of its client. */
export interface SubscriptionPort {
  readonly clock: Clock;
  readonly cursor: CursorOptions;
  publish(topic: string, data: unknown, options?: PublishOptions): Promise<PublishResult>;
  history(topic: string, range?: HistoryRange): Promise<HistoryPage>;
  presence(topic: string): Promise<PresenceAnswer>;
  acknowledge(topic: string, upTo: Position, settlement: Settlement): void;
  ackRefused(error: WaybillError): void;
  left(subscription: TopicSubscription): void;
  gap(gap: Gap): void;
  reset(reset: Reset): void;
  listenerFailed(event: string, thrown: unknown): void;
}

/** The subscription that applications hold; the methods below the public ones are called by the client alone. */
export class TopicSubscription extends TypedEmitter<SubscriptionEvents> implements Subscription {
  #state: SubscriptionState = 'pending';
  #endCause: WaybillError | undefined;
  readonly #cursor: Cursor;
  readonly #acks: Acknowledger | undefined;

  constructor(
    readonly topic: string,
    private readonly options: SubscribeOptions,
    private readonly port: SubscriptionPort,
  ) {
    super();
    this.#cursor = new Cursor(port.cursor, {
      message: (message) => this.#deliver(message),
      gap: (gap) => this.#skip(gap),
      reset: (reset) => {
        this.#acks?.restart(reset.current);
        this.emit('reset', reset);
        port.reset(reset);
      },
    });
    if (options.ack !== undefined) {
      this.#acks = new Acknowledger(options.ack, {
        clock: port.clock,
        send: (upTo, settlement) => port.acknowledge(topic, upTo, settlement),
        refused: (error) => port.ackRefused(error),
      });
    }
    if (options.since !== undefined) this.#cursor.beginAt(options.since);
  }

  get state(): SubscriptionState {
    return this.#state;
  }

  get position(): Position | undefined {
    return this.#acks?.position ?? this.#reached;
  }

  ready(): Promise<void> {
    if (this.#state === 'subscribed') return Promise.resolve();
    if (this.#endCause !== undefined) return Promise.reject(this.#endCause);
    return new Promise((resolve, reject) => {
      const removeSubscribed = this.once('subscribed', () => {
        removeEnded();
        resolve();
      });
      const removeEnded = this.once('ended', (cause) => {
        removeSubscribed();
        reject(cause);
      });
    });
  }

  unsubscribe(): void {
    if (this.#state === 'ended') return;
    this.port.left(this);
  }

  ack(seq?: number): void {
    if (this.#state !== 'ended') this.#acks?.acknowledge(seq);
  }

  publish(data: unknown, options?: PublishOptions): Promise<PublishResult> {
    return this.port.publish(this.topic, data, options);
  }

  history(range?: HistoryRange): Promise<HistoryPage> {
    return this.port.history(this.topic, range);
  }

  presence(): Promise<PresenceAnswer> {
    return this.port.presence(this.topic);
  }

  /** What to ask the server for. */
  request(): Readonly<Record<string, unknown>> {
    const ack = this.options.ack === undefined ? {} : { ack: true };
    return { topic: this.topic, ...this.#reached, ...ack };
  }

  answered(answer: TopicAnswer): void {
    if (this.#state === 'ended') return;
    this.#state = 'subscribed';
    const { epoch, head, recovered } = answer;
    const after = this.#cursor.position?.seq ?? head;
    this.#acks?.connected({ epoch, after, head: recovered === true ? after : head });
    this.emit('subscribed', { topic: this.topic, ...answer });
    this.#cursor.answered(answer);
  }

  /** A message pushed by the server; before the answer it belongs to an earlier subscription. */
  accept(message: Message): void {
    if (this.#state === 'subscribed') this.#cursor.accept(message);
  }

  gap(from: number, to: number, reason: string): void {
    if (this.#state === 'subscribed') this.#cursor.gap(from, to, reason);
  }

  reset(epoch: string, seq: number | undefined): void {
    if (this.#state === 'subscribed') this.#cursor.reset(epoch, seq);
  }

  presenceChanged(change: PresenceChange): void {
    if (this.#state === 'subscribed') this.emit('presence', change);
  }

  /** The connection broke; the position stays. */
  interrupt(): void {
    this.#cursor.interrupt();
    if (this.#acks !== undefined) this.#cursor.rewind(this.#acks.interrupt());
    if (this.#state === 'subscribed') this.#state = 'pending';
  }

  /** The connection, or the subscription, is about to end in order. */
  leaving(): void {
    this.#acks?.flush();
  }

  end(cause: WaybillError): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#endCause = cause;
    this.#cursor.interrupt();
    this.#acks?.interrupt();
    this.emit('ended', cause);
  }

  protected override listenerFailed(event: string, thrown: unknown): void {
    this.port.listenerFailed(event, thrown);
  }

  /** As far as messages came; undefined before the epoch is known. */
  get #reached(): Position | undefined {
    const position = this.#cursor.position;
    return position?.epoch === '' ? undefined : position;
  }

  #deliver(message: Message): void {
    const acks = this.#acks;
    if (acks === undefined) return this.emit('message', { ...message, ack: () => undefined });
    const ended = acks.take(message);
    if (ended === undefined) return;
    this.emitUntilEnd('message', { ...message, ack: () => acks.acknowledge(message.seq, message.epoch) }, ended);
  }

  #skip(missed: Gap): void {
    const gap = this.#acks === undefined ? missed : this.#acks.skip(missed);
    if (gap === undefined) return;
    this.emit('gap', gap);
    this.port.gap(gap);
  }
}
