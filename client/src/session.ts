import { type Clock, SYSTEM_CLOCK } from './clock.js';
import { Connection, type ConnectionState } from './connection.js';
import type { CursorOptions } from './cursor.js';
import { endpointsOf } from './endpoints.js';
import { textOf, WaybillError } from './errors.js';
import type { ClientEvents, ConnectedInfo } from './events.js';
import type { Notice, ServerFrame, Welcome } from './frames.js';
import type { Delivery, Message, Position } from './message.js';
import type { LinkEnd } from './link.js';
import type { HistoryReader } from './missed-messages.js';
import type { ClientOptions } from './options.js';
import { PLATFORM_ONLINE } from './online.js';
import { type OutgoingFrame, Requests, type Settlement } from './requests.js';
import { callRest } from './rest.js';
import { Resumption } from './resumption.js';
import { ServerTopics } from './server-topics.js';
import { Subscriptions } from './subscriptions.js';
import { TokenRefresh } from './token-refresh.js';
import { TokenSource } from './token-source.js';
import { ALL_TOPIC } from './topic-name.js';
import type { SubscriptionPort, TopicSubscription } from './topic-subscription.js';
import { tellConsole } from './unheard-error.js';
import { VERSION } from './version.js';

const CONNECT_TIMEOUT_MS = 10_000;
const MAX_CATCH_UP = 10_000;

export interface SessionPort {
  readonly emit: <E extends keyof ClientEvents>(event: E, payload: ClientEvents[E]) => void;
  /** `ended` is called when all listeners have ended. */
  readonly deliver: (event: 'direct' | 'broadcast', message: Delivery, ended: (succeeded: boolean) => void) => void;
  readonly nextId: () => string;
  readonly history: HistoryReader;
  readonly requestTimeoutMs: number;
}

/** What outlives a connection: subscriptions, positions, the token; and what is restored when another one opens. */
export class Session {
  readonly subscriptions: Subscriptions;
  #connected: ConnectedInfo | undefined;
  #everConnected = false;
  readonly #clock: Clock;
  readonly #connection: Connection;
  readonly #requests: Requests;
  readonly #serverTopics: ServerTopics;
  readonly #tokens: TokenSource;
  readonly #resumption: Resumption;
  readonly #refresh: TokenRefresh;
  readonly #maxCatchUp: number;

  constructor(
    address: string,
    options: ClientOptions,
    private readonly port: SessionPort,
  ) {
    const clock = options.clock ?? SYSTEM_CLOCK;
    const random = options.random ?? Math.random;
    const endpoints = endpointsOf(address, options.clientName ?? `waybill-js/${VERSION}`);
    this.#clock = clock;
    this.#maxCatchUp = options.maxCatchUp ?? MAX_CATCH_UP;
    this.#tokens = new TokenSource(options.token);
    this.#connection = new Connection(
      {
        socketUrl: endpoints.socket,
        tokens: this.#tokens,
        checkToken: (token) => callRest(endpoints.rest, { path: 'auth/check', credential: token }, options.fetch),
        webSocket: options.webSocket ?? WebSocket,
        clock,
        random,
        online: options.online ?? PLATFORM_ONLINE,
        connectTimeoutMs: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
        backoff: options.backoff ?? {},
      },
      {
        opened: (welcome) => this.#opened(welcome),
        leaving: () => this.#leaving(),
        lost: (end) => this.#lost(end),
        retrying: (retry) => port.emit('retrying', retry),
        ended: (cause) => this.#ended(cause),
        frame: (frame) => this.#received(frame),
        silent: () => this.#dispatch('ping', undefined, { done: () => undefined, failed: () => undefined }),
        problem: (error) => port.emit('error', error),
      },
    );
    this.#requests = new Requests(
      clock,
      (text) => this.#connection.send(text),
      () => this.#connection.probe(),
    );
    this.subscriptions = new Subscriptions({
      clock,
      random,
      dispatch: (action, data, settlement) => this.#dispatch(action, data, settlement),
      isOpen: () => this.#connection.state === 'open',
    });
    this.#serverTopics = new ServerTopics({
      ack: options.ack,
      clock,
      cursor: (topic) => this.#cursorOptions(topic),
      acknowledge: (topic, upTo, settlement) => this.#acknowledge(topic, upTo, settlement),
      refused: (error) => this.#ackRefused(error),
      message: (message, ended) => port.deliver(message.topic === ALL_TOPIC ? 'broadcast' : 'direct', message, ended),
      gap: (gap) => port.emit('gap', gap),
      reset: (reset) => port.emit('reset', reset),
    });
    this.#resumption = new Resumption({
      subscriptions: this.subscriptions,
      serverTopics: this.#serverTopics,
      dispatch: (action, data, settlement) => this.#dispatch(action, data, settlement),
      problem: (error) => port.emit('error', error),
    });
    this.#refresh = new TokenRefresh({
      tokens: this.#tokens,
      clock,
      random,
      refresh: (token) => this.request({ msgId: port.nextId(), action: 'auth.refresh', data: { token } }, port.requestTimeoutMs),
      problem: (error) => port.emit('error', error),
    });
  }

  get state(): ConnectionState {
    return this.#connection.state;
  }

  get connected(): ConnectedInfo | undefined {
    return this.#connected;
  }

  async connect(): Promise<ConnectedInfo> {
    await this.#connection.whenOpen(Number.POSITIVE_INFINITY);
    if (this.#connected === undefined) return this.connect();
    return this.#connected;
  }

  close(cause: WaybillError): void {
    this.#connection.close(cause);
  }

  async setToken(token: string): Promise<void> {
    this.#tokens.replace(token);
    if (this.#connection.state === 'open') await this.#refresh.send(token);
  }

  /** Waits for a connection and for the reply, together at most `timeoutMs`; for the reply alone at most `replyMs`. */
  async request(frame: OutgoingFrame, timeoutMs: number, replyMs = timeoutMs): Promise<unknown> {
    const deadline = this.#clock.now() + timeoutMs;
    await this.#connection.whenOpen(timeoutMs);
    return this.#requests.send(frame, Math.max(1, Math.min(replyMs, deadline - this.#clock.now())));
  }

  subscribe(subscription: TopicSubscription): void {
    if (this.#connection.state === 'closed') return subscription.end(new WaybillError('CLOSED', 'The client was closed'));
    this.subscriptions.add(subscription);
    this.#connection.start();
  }

  portFor(topic: string, calls: Pick<SubscriptionPort, 'publish' | 'history' | 'presence'>): SubscriptionPort {
    return {
      clock: this.#clock,
      cursor: this.#cursorOptions(topic),
      publish: (name, data, options) => calls.publish(name, data, options),
      history: (name, range) => calls.history(name, range),
      presence: (name) => calls.presence(name),
      acknowledge: (name, upTo, settlement) => this.#acknowledge(name, upTo, settlement),
      ackRefused: (error) => this.#ackRefused(error),
      left: (subscription) => this.subscriptions.remove(subscription),
      gap: (gap) => this.port.emit('gap', gap),
      reset: (reset) => this.port.emit('reset', reset),
      listenerFailed: (event, thrown) => this.listenerFailed(event, thrown),
    };
  }

  listenerFailed(event: string, thrown: unknown): void {
    const error = new WaybillError('LISTENER_FAILED', `A listener of "${event}" threw: ${textOf(thrown)}`, { cause: thrown });
    // A listener of `error` that throws must not be told of that for ever.
    if (event === 'error') tellConsole(error);
    else this.port.emit('error', error);
  }

  #opened(welcome: Welcome): void {
    const { connectionId, ref, user } = welcome;
    this.#connected = { connectionId, ref, user, reconnected: this.#everConnected };
    this.#everConnected = true;
    this.#refresh.opened(welcome);
    // First of all frames: the server holds back this user's own topics for it.
    this.#resumption.opened(welcome);
    this.port.emit('connected', this.#connected);
  }

  #lost(end: LinkEnd): void {
    const ref = this.#connected?.ref;
    this.#connected = undefined;
    this.#refresh.stop();
    this.subscriptions.interrupt();
    this.#serverTopics.interrupt();
    this.#requests.failAll(
      new WaybillError('CONNECTION_LOST', `The connection was lost (close code ${end.code}) before the reply came`, {
        closeCode: end.code,
      }),
    );
    this.port.emit('disconnected', { code: end.code, reason: end.reason, ref });
  }

  #ended(cause: WaybillError): void {
    this.#connected = undefined;
    this.#refresh.stop();
    this.#serverTopics.interrupt();
    this.#requests.failAll(cause);
    this.subscriptions.endAll(cause);
    this.port.emit('closed', cause);
  }

  #received(frame: ServerFrame): void {
    if (frame.kind === 'reply') this.#requests.settle(frame.reply);
    else if (frame.kind === 'message') this.#messageCame(frame.message);
    else if (frame.kind === 'notice') this.#noted(frame.notice);
  }

  #messageCame(message: Message): void {
    if (ServerTopics.owns(message.topic)) this.#serverTopics.accept(message);
    else this.subscriptions.accept(message);
  }

  #noted(notice: Notice): void {
    if (this.subscriptions.noted(notice) || this.#serverTopics.noted(notice)) return;
    if (notice.action === 'auth.expiring') void this.#refresh.renew();
    this.port.emit('notice', notice);
  }

  /** What was dealt with and not yet told is told before the connection is closed. */
  #leaving(): void {
    this.subscriptions.leaving();
    this.#serverTopics.leaving();
  }

  #acknowledge(topic: string, { epoch, seq }: Position, settlement: Settlement): void {
    this.#dispatch('topic.ack', { topic, epoch, seq }, settlement);
  }

  #ackRefused(error: WaybillError): void {
    if (error.code !== 'CONNECTION_LOST' && error.code !== 'CLOSED') this.port.emit('error', error);
  }

  #dispatch(action: string, data: unknown, settlement: Settlement): void {
    this.#requests.dispatch({ msgId: this.port.nextId(), action, data }, this.port.requestTimeoutMs, settlement);
  }

  #cursorOptions(topic: string): CursorOptions {
    return { topic, history: this.port.history, clock: this.#clock, maxCatchUp: this.#maxCatchUp };
  }
}
