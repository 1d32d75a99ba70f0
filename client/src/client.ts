import { historyPageOf, presenceAnswerOf, publishResultOf } from './answers.js';
import { SYSTEM_CLOCK } from './clock.js';
import type { ConnectionState } from './connection.js';
import { WaybillError } from './errors.js';
import type { ClientEvents, ConnectedInfo } from './events.js';
import { IdSource } from './ids.js';
import type { HistoryPage, PublishResult } from './message.js';
import type { ClientOptions, HistoryRange, PresenceAnswer, PublishOptions, RequestOptions, SubscribeOptions } from './options.js';
import { publishUntilKnown } from './publish.js';
import { Session } from './session.js';
import type { Subscription, SubscriptionEvents } from './subscription.js';
import { TopicSubscription } from './topic-subscription.js';
import { TypedEmitter } from './typed-emitter.js';
import { tellConsole } from './unheard-error.js';

const REQUEST_TIMEOUT_MS = 10_000;
const PUBLISH_TIMEOUT_MS = 30_000;
const HISTORY_LIMIT = 100;

/**
 * A connection to a Waybill gateway that comes back by itself.
 *
 * It connects with the first use, or by `connect()`. Subscriptions outlive reconnects and go on where they stopped. Requests
 * made while there is no connection wait for one until their timeout.
 */
export class WaybillClient extends TypedEmitter<ClientEvents> {
  readonly #session: Session;
  readonly #ids = new IdSource();
  readonly #clock;
  readonly #random;
  readonly #requestTimeoutMs;
  readonly #publishTimeoutMs;

  /** `address` is the gateway's, such as `https://push.example.com`. Throws a `TypeError` where it is none. */
  constructor(address: string, options: ClientOptions) {
    super();
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#random = options.random ?? Math.random;
    this.#requestTimeoutMs = options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
    this.#publishTimeoutMs = options.publishTimeoutMs ?? PUBLISH_TIMEOUT_MS;
    this.#session = new Session(address, options, {
      emit: (event, payload) => this.emit(event, payload),
      deliver: (event, message, ended) => this.emitUntilEnd(event, message, ended),
      nextId: () => this.#ids.next(),
      history: (topic, range) => this.history(topic, range),
      requestTimeoutMs: this.#requestTimeoutMs,
    });
  }

  /** How the connection stands now. */
  get state(): ConnectionState {
    return this.#session.state;
  }

  /** The open connection: its id, its support ref and its user. */
  get connection(): ConnectedInfo | undefined {
    return this.#session.connected;
  }

  /** Connects. Resolves with the first connection; rejects where it ended for good before there was one. */
  connect(): Promise<ConnectedInfo> {
    return this.#session.connect();
  }

  /** Ends it for good: subscriptions end, and what waits is rejected with `CLOSED`. */
  close(): void {
    this.#session.close(new WaybillError('CLOSED', 'The client was closed'));
  }

  /** Uses another token from now on; on an open connection the server is told at once, and a refusal rejects. */
  setToken(token: string): Promise<void> {
    return this.#session.setToken(token);
  }

  /** Subscribes to a topic. Subscribing again while it lasts answers the same subscription; `onMessage` is added to it. */
  subscribe<T = unknown>(
    topic: string,
    onMessage?: (message: SubscriptionEvents<T>['message']) => unknown,
    options: SubscribeOptions = {},
  ): Subscription<T> {
    const existing = this.#session.subscriptions.get(topic);
    const subscription = existing ?? new TopicSubscription(topic, options, this.#session.portFor(topic, this));
    // The payload's type is the application's claim: nothing here could check it.
    const typed = subscription as unknown as Subscription<T>;
    if (onMessage !== undefined) typed.on('message', onMessage);
    if (existing === undefined) this.#session.subscribe(subscription);
    return typed;
  }

  /**
   * Publishes and resolves with the position once it is stored. A lost connection, `UNKNOWN_OUTCOME`, `UNAVAILABLE` and
   * `DRAINING` are answered by a repeat with the same `msg_id` until the timeout, so the message is stored at most once.
   */
  publish(topic: string, data: unknown, options: PublishOptions = {}): Promise<PublishResult> {
    return this.#publish('topic.publish', { topic, action: options.action, data }, topic, options);
  }

  /** Sends to all connections of one user, now or when they come. */
  sendToUser(user: string, data: unknown, options: PublishOptions = {}): Promise<PublishResult> {
    return this.#publish('user.send', { user, action: options.action, data }, '', options);
  }

  /** Calls an action of the server and resolves with its reply. Never repeated: only the application knows whether it may be. */
  async request<T = unknown>(action: string, data?: unknown, options: RequestOptions = {}): Promise<T> {
    const timeoutMs = options.timeoutMs ?? this.#requestTimeoutMs;
    return (await this.#session.request({ msgId: options.msgId ?? this.#ids.next(), action, data }, timeoutMs)) as T;
  }

  /** Reads part of a topic's history. With `after`, or neither, the oldest messages of the range; with `before` alone the newest. */
  async history(topic: string, range: HistoryRange = {}): Promise<HistoryPage> {
    return historyPageOf(await this.request('topic.history', { topic, limit: HISTORY_LIMIT, ...range }));
  }

  /** Who is in a topic now. */
  async presence(topic: string): Promise<PresenceAnswer> {
    return presenceAnswerOf(await this.request('topic.presence', { topic }));
  }

  protected override listenerFailed(event: keyof ClientEvents, thrown: unknown): void {
    this.#session.listenerFailed(event, thrown);
  }

  protected override emit<E extends keyof ClientEvents>(event: E, payload: ClientEvents[E]): void {
    if (payload instanceof WaybillError && event === 'error' && !this.hasListeners('error')) tellConsole(payload);
    super.emit(event, payload);
  }

  async #publish(action: string, data: unknown, topic: string, options: PublishOptions): Promise<PublishResult> {
    const msgId = options.msgId ?? this.#ids.next();
    const reply = await publishUntilKnown({
      msgId,
      attempt: (id, remainingMs) => this.#session.request({ msgId: id, action, data }, Math.max(1, remainingMs), this.#requestTimeoutMs),
      timeoutMs: options.timeoutMs ?? this.#publishTimeoutMs,
      clock: this.#clock,
      random: this.#random,
    });
    return publishResultOf(reply, topic, msgId);
  }
}
