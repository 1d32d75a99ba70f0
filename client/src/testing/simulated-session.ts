import type { ErrorCode } from '../generated/codes.js';
import { isFields } from '../frames.js';
import type { Message } from '../message.js';
import { ALL_TOPIC, userTopic } from '../topic-name.js';
import type { SimulatedGateway } from './simulated-gateway.js';
import type { SimulatedPeer, SimulatedSocket } from './simulated-socket.js';

type Data = Readonly<Record<string, unknown>>;

/** Thrown by a handler of the simulated gateway to refuse a request with a code. */
export class SimulatedRefusal extends Error {
  /** Always `SimulatedRefusal`. */
  override readonly name = 'SimulatedRefusal';
  constructor(
    /** Code of the reply. */
    readonly code: Exclude<ErrorCode, 'OK'>,
    message: string,
    /** How long the client should wait, in milliseconds. */
    readonly retryAfterMs?: number,
  ) {
    super(message);
  }
}

/** The server's side of one connection: answers the built-in actions from the gateway's logs. */
export class SimulatedSession implements SimulatedPeer {
  readonly #subscribed = new Set<string>();
  #gone = false;
  /** Its session's name. */
  readonly session: string;

  constructor(
    private readonly gateway: SimulatedGateway,
    private readonly socket: SimulatedSocket,
    /** Its user. */
    readonly user: string,
    /** Its support ref. */
    readonly ref: string,
  ) {
    this.session = `session-of-${ref}`;
    for (const topic of [userTopic(user), ALL_TOPIC]) this.#subscribed.add(topic);
  }

  /** Topics it is subscribed to, the user's own and `$all` included. */
  get topics(): readonly string[] {
    return [...this.#subscribed];
  }

  /** @internal A frame of the client. */
  received(text: string): void {
    if (this.#gone) return;
    const frame = JSON.parse(text) as { readonly msg_id: string; readonly action: string; readonly data?: unknown };
    this.gateway.noteFrame(this.user, frame.action, frame.data);
    // What was missed follows the reply; the handler leaves it here.
    const afterwards: Message[] = [];
    try {
      const data =
        this.gateway.intercept(frame.action, frame.data) ?? this.#answer(frame, isFields(frame.data) ? frame.data : {}, afterwards);
      if (data instanceof Promise)
        void data.then(
          (late: unknown) => this.#reply(frame.msg_id, late),
          (thrown: unknown) => this.#refuse(frame.msg_id, thrown),
        );
      else this.#reply(frame.msg_id, data);
    } catch (thrown) {
      this.#refuse(frame.msg_id, thrown);
    }
    for (const message of afterwards) this.deliver(message);
  }

  /** @internal The client closed it, or it was cut. */
  gone(): void {
    this.#gone = true;
    this.gateway.left(this);
  }

  /** Pushes a message, where it is subscribed to its topic. */
  deliver(message: Message): void {
    if (!this.#subscribed.has(message.topic)) return;
    const { topic, epoch, seq, msgId, action, data, timestamp } = message;
    this.send({ version: '1', msg_id: msgId, timestamp, action, topic, epoch, seq, data });
  }

  /** Sends a frame of the server's own, such as `sys.closing`. */
  notice(action: string, data: unknown): void {
    this.send({ version: '1', action, timestamp: this.gateway.clock.now(), data });
  }

  /** Sends a frame as it stands. */
  send(frame: unknown): void {
    this.socket.push(JSON.stringify(frame));
  }

  /** Ends the connection with a close code; 1006 stands for a cut. */
  close(code: number, reason = '', retryAfterMs?: number): void {
    if (retryAfterMs !== undefined) this.notice('sys.closing', { code, reason, retry_after_ms: retryAfterMs, ref: this.ref });
    this.socket.end(code, reason);
  }

  /** From now on nothing passes in either direction, and nobody is told: a cable pulled. */
  silence(): void {
    this.socket.silence();
  }

  /** Sends whatever is given, as a faulty server would. */
  raw(payload: unknown): void {
    this.socket.push(payload);
  }

  #answer(frame: { readonly msg_id: string; readonly action: string }, data: Data, afterwards: Message[]): unknown {
    switch (frame.action) {
      case 'ping':
        return { server_time: this.gateway.clock.now() };
      case 'auth.refresh':
        return this.gateway.refreshed();
      case 'resume':
        return this.#resume(data, afterwards);
      case 'topic.subscribe':
        return { topics: asArray(data['topics']).map((entry) => this.#subscribe(entry, false, afterwards)) };
      case 'topic.unsubscribe':
        for (const topic of Array.isArray(data['topics']) ? data['topics'] : []) this.#subscribed.delete(String(topic));
        return undefined;
      case 'topic.publish':
        return this.#publish(String(data['topic']), frame.msg_id, data);
      case 'user.send':
        return this.#publish(userTopic(String(data['user'])), frame.msg_id, data);
      case 'topic.ack':
        return this.#acknowledge(String(data['topic']), data['epoch'], Number(data['seq']));
      case 'topic.history':
        return this.#history(data);
      case 'topic.presence':
        return this.#presence(String(data['topic']));
      default:
        if (this.gateway.handles(frame.action)) return undefined;
        throw new SimulatedRefusal('UNKNOWN_ACTION', `No handler declares "${frame.action}"`);
    }
  }

  #resume(data: Data, afterwards: Message[]): Data {
    const named = asArray(data['topics']);
    const { session } = data;
    const had = typeof session === 'string' ? this.gateway.takeSession(session, this.user) : [];
    if (had === undefined) throw new SimulatedRefusal('NOT_FOUND', 'the session is not known');
    const others = had.filter((topic) => !named.some((entry) => entry['topic'] === topic)).map((topic) => ({ topic }));
    const topics = [...named, ...others].map((entry) => this.#subscribe(entry, true, afterwards));
    return { topics, ...(session === undefined ? {} : { resumed_from: 'simulated' }) };
  }

  #subscribe(entry: Data, resuming: boolean, afterwards: Message[]): Data {
    const topic = String(entry['topic']);
    const refusal = this.gateway.refusalOf(topic);
    if (refusal !== undefined) return { topic, code: refusal.code, message: refusal.message, retry_after_ms: refusal.retryAfterMs };
    const log = this.gateway.log(topic);
    this.#subscribed.add(topic);
    const ends = { topic, epoch: log.epoch, head: log.head };
    const { epoch, seq } = entry;
    if (typeof seq !== 'number') return resuming ? ends : { ...ends, count: 0 };
    const whole = epoch === log.epoch && seq <= log.head && seq >= log.floor && log.head - seq <= this.gateway.recoveryLimit;
    if (!whole) return { ...ends, recovered: false, count: 0 };
    const missed = log.after(seq);
    afterwards.push(...missed);
    return { ...ends, recovered: true, count: missed.length };
  }

  #publish(topic: string, msgId: string, data: Data): Data {
    const action = typeof data['action'] === 'string' ? data['action'] : undefined;
    const { message, duplicate } = this.gateway.store({ topic, data: data['data'], action, msgId, timestamp: this.gateway.clock.now() });
    return { topic, epoch: message.epoch, seq: message.seq, msg_id: msgId, ...(duplicate ? { duplicate } : {}) };
  }

  #acknowledge(topic: string, named: unknown, seq: number): undefined {
    if (!this.#subscribed.has(topic)) throw new SimulatedRefusal('BAD_REQUEST', 'topic: not subscribed to it');
    const { epoch, head } = this.gateway.log(topic);
    // It was on its way when the topic began again.
    if (named !== undefined && named !== epoch) return;
    if (seq > head) throw new SimulatedRefusal('BAD_REQUEST', `seq: ${seq} has not been sent; the last was ${head}`);
  }

  #history(data: Data): Data {
    const log = this.gateway.log(String(data['topic']));
    const limit = typeof data['limit'] === 'number' ? data['limit'] : 100;
    const { after, before } = data;
    if (typeof after === 'number' && after > 0 && after < log.floor)
      throw new SimulatedRefusal('HISTORY_GONE', `History begins at ${log.floor + 1}`);
    const messages = typeof before === 'number' ? log.before(before, limit) : log.after(typeof after === 'number' ? after : 0, limit);
    return { epoch: log.epoch, head: log.head, messages: messages.map((message) => ({ ...message, msg_id: message.msgId })) };
  }

  #presence(topic: string): Data {
    const users = this.gateway.sessions.filter((session) => session.topics.includes(topic)).map((session) => session.user);
    return {
      members: users.map((user) => ({ user, joined_at: this.gateway.clock.now() })),
      users: new Set(users).size,
      connections: users.length,
    };
  }

  #reply(msgId: string, data: unknown): void {
    this.send({ version: '1', action: 'reply', reply_to: msgId, code: 'OK', message: 'OK', data });
  }

  #refuse(msgId: string, thrown: unknown): void {
    const refusal = thrown instanceof SimulatedRefusal ? thrown : new SimulatedRefusal('INTERNAL', String(thrown));
    this.send({
      version: '1',
      action: 'reply',
      reply_to: msgId,
      code: refusal.code,
      message: refusal.message,
      retry_after_ms: refusal.retryAfterMs,
    });
  }
}

function asArray(value: unknown): readonly Data[] {
  return Array.isArray(value) ? value.filter(isFields) : [];
}
