import type { Clock } from '../clock.js';
import type { Message } from '../message.js';
import type { SocketConstructor } from '../socket.js';
import { SimulatedLog, type SimulatedPublish } from './simulated-log.js';
import { type SimulatedRefusal, SimulatedSession } from './simulated-session.js';
import { SimulatedSocket } from './simulated-socket.js';

/** Options of a simulated gateway. */
export interface SimulatedGatewayOptions {
  /** The client's clock. */
  readonly clock: Clock;
  /** User of the connections that come. Default `test-user`. */
  readonly user?: string;
  /** Most messages that a subscription recovers at once. Default 1,000. */
  readonly recoveryLimit?: number;
  /** Milliseconds between the server's pings, as told in `welcome`. Default 25,000. */
  readonly pingIntervalMs?: number;
  /** Life of every token in milliseconds. Default: for ever. */
  readonly tokenLifeMs?: number;
}

/** A frame that a client sent. */
export interface SimulatedFrame {
  /** Whose connection it came by. */
  readonly user: string;
  /** Its action. */
  readonly action: string;
  /** Its payload. */
  readonly data: unknown;
}

type Handler = (data: unknown) => unknown;

/**
 * A gateway in memory, so that an application tests its handlers without a network. Give its parts to the client:
 *
 *     const clock = new FakeClock();
 *     const gateway = new SimulatedGateway({ clock });
 *     const client = new WaybillClient('http://gateway.test', { token: 'any', clock, ...gateway.transport });
 *
 * It keeps the protocol's promises of order, positions, receipts and recovery; it does not check rights, limits or payloads.
 */
export class SimulatedGateway {
  /** The client's clock. */
  readonly clock: Clock;
  /** Most messages that a subscription recovers at once. */
  readonly recoveryLimit: number;
  /** Every frame that came from clients, oldest first. */
  readonly frames: SimulatedFrame[] = [];
  /** Tokens that connections offered, as subprotocols, oldest first. */
  readonly offered: (readonly string[])[] = [];
  /** Addresses that connections were opened to, oldest first. */
  readonly addresses: string[] = [];
  /** Times at which clients tried to connect, on the clock. */
  readonly attempts: number[] = [];
  #reachable = true;
  #refusal: SimulatedRefusal | undefined;
  #connections = 0;
  readonly #logs = new Map<string, SimulatedLog>();
  readonly #sessions = new Set<SimulatedSession>();
  /** What connections were subscribed to, by the name of their session. */
  readonly #kept = new Map<string, readonly string[]>();
  readonly #handlers = new Map<string, Handler>();
  readonly #refusedTopics = new Map<string, SimulatedRefusal>();

  constructor(private readonly options: SimulatedGatewayOptions) {
    this.clock = options.clock;
    this.recoveryLimit = options.recoveryLimit ?? 1_000;
  }

  /** The client's options that lead it here. */
  get transport(): { readonly webSocket: SocketConstructor; readonly fetch: typeof fetch } {
    const arrived = (socket: SimulatedSocket): void => this.#arrived(socket);
    class LocalSocket extends SimulatedSocket {
      constructor(url: string, protocols: readonly string[]) {
        super(url, protocols);
        arrived(this);
      }
    }
    return { webSocket: LocalSocket, fetch: () => this.#checked() };
  }

  /** Connections that are open, oldest first. */
  get sessions(): readonly SimulatedSession[] {
    return [...this.#sessions];
  }

  /** The newest connection. Throws where there is none. */
  get session(): SimulatedSession {
    const newest = this.sessions.at(-1);
    if (newest === undefined) throw new Error('No client is connected');
    return newest;
  }

  /** The log of a topic: to look into it, to expire its history. */
  log(topic: string): SimulatedLog {
    const log = this.#logs.get(topic) ?? new SimulatedLog(topic);
    this.#logs.set(topic, log);
    return log;
  }

  /** Publishes as somebody else would. */
  publish(topic: string, data: unknown, action?: string): Message {
    return this.store({
      topic,
      data,
      action,
      msgId: `simulated-${topic}-${this.log(topic).epoch}-${this.log(topic).head + 1}`,
      timestamp: this.clock.now(),
    }).message;
  }

  /** Answers an action of the application's own, or a built-in one in the gateway's stead; undefined leaves it to the gateway. */
  handle(action: string, handler: Handler): void {
    this.#handlers.set(action, handler);
  }

  /** Refuses subscriptions to a topic; undefined allows them again. */
  refuseTopic(topic: string, refusal: SimulatedRefusal | undefined): void {
    if (refusal === undefined) this.#refusedTopics.delete(topic);
    else this.#refusedTopics.set(topic, refusal);
  }

  /** Refuses upgrades from now on, for a reason that `auth/check` tells; undefined lets clients in again. */
  refuse(refusal: SimulatedRefusal | undefined): void {
    this.#refusal = refusal;
  }

  /** Cuts every connection and refuses new ones, as a dead network does, until `restore`. */
  cut(): void {
    this.#reachable = false;
    for (const session of this.sessions) session.close(1006);
  }

  /** Ends what `cut` began: clients can connect again. */
  restore(): void {
    this.#reachable = true;
  }

  /** Begins a new epoch of a topic and tells its subscribers. */
  resetTopic(topic: string): void {
    this.log(topic).restart();
    for (const session of this.sessions) {
      if (session.topics.includes(topic)) session.notice('topic.reset', { topic, epoch: this.log(topic).epoch });
    }
  }

  /** Stores a publish and delivers it. */
  store(publish: SimulatedPublish): { readonly message: Message; readonly duplicate: boolean } {
    const stored = this.log(publish.topic).append(publish);
    if (!stored.duplicate) for (const session of this.sessions) session.deliver(stored.message);
    return stored;
  }

  /** @internal Whether an action has a handler of the test. */
  handles(action: string): boolean {
    return this.#handlers.has(action);
  }

  /** @internal What the test's handler answers. */
  intercept(action: string, data: unknown): unknown {
    return this.#handlers.get(action)?.(data);
  }

  /** @internal Why a topic is refused. */
  refusalOf(topic: string): SimulatedRefusal | undefined {
    return this.#refusedTopics.get(topic);
  }

  /** @internal The reply's data of a refresh. */
  refreshed(): Readonly<Record<string, unknown>> {
    return { expires_at: this.#expiresAt() };
  }

  /** Forgets what earlier connections had, as a gateway does after a minute: clients ask for each topic again. */
  forgetSessions(): void {
    this.#kept.clear();
  }

  /** @internal Topics of an earlier connection, which is ended; undefined where they are not known. */
  takeSession(name: string, user: string): readonly string[] | undefined {
    const open = this.sessions.find((session) => session.session === name && session.user === user);
    const topics = open?.topics ?? this.#kept.get(name);
    open?.close(4505, 'replaced by a newer connection');
    this.#kept.delete(name);
    return topics;
  }

  /** @internal Notes a frame that came. */
  noteFrame(user: string, action: string, data: unknown): void {
    this.frames.push({ user, action, data });
  }

  /** @internal Forgets a connection. */
  left(session: SimulatedSession): void {
    this.#kept.set(session.session, session.topics);
    this.#sessions.delete(session);
  }

  #arrived(socket: SimulatedSocket): void {
    this.offered.push(socket.protocols);
    this.addresses.push(socket.url);
    this.attempts.push(this.clock.now());
    // The constructor has not returned yet: nobody listens before this turn is over.
    queueMicrotask(() => {
      if (!this.#reachable || this.#refusal !== undefined) return socket.end(1006, '');
      this.#connections += 1;
      const number = this.#connections;
      const session = new SimulatedSession(this, socket, this.options.user ?? 'test-user', `REF-${number}`);
      this.#sessions.add(session);
      socket.open(session);
      session.notice('welcome', {
        connection_id: `connection-${number}`,
        ref: session.ref,
        user: session.user,
        node: 'simulated',
        session: session.session,
        ping_interval_ms: this.options.pingIntervalMs ?? 25_000,
        server_time: this.clock.now(),
        expires_at: this.#expiresAt(),
      });
    });
  }

  #checked(): Promise<Response> {
    if (!this.#reachable) return Promise.reject(new TypeError('fetch failed'));
    if (this.#refusal === undefined) return Promise.resolve(Response.json({ code: 'OK', message: 'OK', data: {} }));
    const { code, message, retryAfterMs } = this.#refusal;
    return Promise.resolve(Response.json({ code, message, retry_after_ms: retryAfterMs }, { status: 400 }));
  }

  #expiresAt(): number | undefined {
    return this.options.tokenLifeMs === undefined ? undefined : this.clock.now() + this.options.tokenLifeMs;
  }
}
