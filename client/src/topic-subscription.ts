import type { Clock } from './clock.js';
import { Cursor, type CursorOptions, type TopicAnswer } from './cursor.js';
import type { WaybillError } from './errors.js';
import type { Gap, HistoryPage, Message, Position, PresenceChange, PublishResult, Reset } from './message.js';
import type { HistoryRange, PresenceAnswer, PublishOptions, SubscribeOptions } from './options.js';
import type { Subscription, SubscriptionEvents, SubscriptionState } from './subscription.js';
import { TypedEmitter } from './typed-emitter.js';

/** Automatic acknowledgements gather this long: they are cumulative, so one stands for many. In milliseconds. */
const ACK_DELAY_MS = 200;

/** What a subscription needs of its client. */
export interface SubscriptionPort {
  readonly clock: Clock;
  readonly cursor: CursorOptions;
  publish(topic: string, data: unknown, options?: PublishOptions): Promise<PublishResult>;
  history(topic: string, range?: HistoryRange): Promise<HistoryPage>;
  presence(topic: string): Promise<PresenceAnswer>;
  acknowledge(topic: string, seq: number): void;
  left(subscription: TopicSubscription): void;
  gap(gap: Gap): void;
  reset(reset: Reset): void;
  listenerFailed(event: string, thrown: unknown): void;
}

/** The subscription that applications hold; the methods below the public ones are called by the client alone. */
export class TopicSubscription extends TypedEmitter<SubscriptionEvents> implements Subscription {
  #state: SubscriptionState = 'pending';
  #endCause: WaybillError | undefined;
  #ackUnderWay = false;
  readonly #cursor: Cursor;

  constructor(
    readonly topic: string,
    private readonly options: SubscribeOptions,
    private readonly port: SubscriptionPort,
  ) {
    super();
    this.#cursor = new Cursor(port.cursor, {
      message: (message) => this.#deliver(message),
      gap: (gap) => {
        this.emit('gap', gap);
        port.gap(gap);
      },
      reset: (reset) => {
        this.emit('reset', reset);
        port.reset(reset);
      },
    });
    if (options.since !== undefined) this.#cursor.beginAt(options.since);
  }

  get state(): SubscriptionState {
    return this.#state;
  }

  get position(): Position | undefined {
    const position = this.#cursor.position;
    return position?.epoch === '' ? undefined : position;
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

  ack(seq = this.#cursor.position?.seq): void {
    if (this.#state === 'subscribed' && seq !== undefined) this.port.acknowledge(this.topic, seq);
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
    return { topic: this.topic, ...this.position, ...ack };
  }

  answered(answer: TopicAnswer): void {
    if (this.#state === 'ended') return;
    this.#state = 'subscribed';
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
    if (this.#state === 'subscribed') this.#state = 'pending';
  }

  end(cause: WaybillError): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#endCause = cause;
    this.#cursor.interrupt();
    this.emit('ended', cause);
  }

  protected override listenerFailed(event: string, thrown: unknown): void {
    this.port.listenerFailed(event, thrown);
  }

  #deliver(message: Message): void {
    this.emit('message', message);
    if (this.options.ack !== 'auto' || this.#ackUnderWay) return;
    this.#ackUnderWay = true;
    this.port.clock.after(ACK_DELAY_MS, () => {
      this.#ackUnderWay = false;
      this.ack();
    });
  }
}
