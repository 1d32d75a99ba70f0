import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import type { ErrorCode } from '../../protocol/error-codes.js';
import { SUBPROTOCOL } from '../../protocol/limits.js';
import { CanaryTrouble } from './canary-result.js';
import type { HopClock } from './hop-clock.js';
import type { Loopback } from './loopback.js';

/** What the socket was sent, as far as the canary cares. */
interface Frame {
  readonly action?: string;
  readonly topic?: string;
  readonly msg_id?: string;
  readonly reply_to?: string;
  readonly code?: ErrorCode;
  readonly message?: string;
  readonly data?: { readonly connection_id?: string; readonly topics?: readonly { readonly code?: string; readonly message?: string }[] };
}

/** Answers of a node that works and has no room or time now. */
const BUSY: ReadonlySet<string> = new Set<ErrorCode>(['UNAVAILABLE', 'RATE_LIMITED', 'LIMIT_EXCEEDED', 'DRAINING']);
const ANSWER_BYTES = 4_096;
/** As it is called in lists of connections. */
const CLIENT = 'canary';

/** The canary's end of a real WebSocket to its own node: a client like any other, that waits for one frame at a time. */
export class CanarySocket {
  /** Topics that it is subscribed to. */
  readonly topics = new Set<string>();
  connectionId = '';
  private readonly waiting = new Set<{ readonly test: (frame: Frame) => boolean; readonly found: (frame: Frame) => void }>();
  private closeReason: string | undefined;
  private requests = 0;

  private constructor(private readonly socket: WebSocket) {
    socket.on('message', (data) => this.received(data as Buffer));
    socket.on('error', () => undefined);
    socket.on('close', (code, reason) => {
      this.closeReason = `${code} ${reason.toString()}`.trim();
    });
  }

  /** Opens a socket to one topic. Rejects with `CanaryTrouble`; a socket that is not open then is on its way out. */
  static async open(loopback: Loopback, topic: string, ticket: string, clock: HopClock, abort: AbortSignal): Promise<CanarySocket> {
    const path = `/api/v1/topics/${encodeURIComponent(topic)}/messages?client=${CLIENT}&ticket=${ticket}`;
    const socket = new WebSocket(`${loopback.origin}${path}`, SUBPROTOCOL, { ...loopback.tls, perMessageDeflate: false });
    const client = new CanarySocket(socket);
    abort.addEventListener('abort', () => client.terminate(), { once: true });
    const welcome = client.next((frame) => frame.action === 'welcome');
    const subscribed = client.next((frame) => frame.action === 'reply');
    await client.opened(clock);
    const { data } = await client.orClosed(welcome, 'subscribe');
    client.connectionId = data?.connection_id ?? '';
    await client.orClosed(subscribed, 'subscribe');
    clock.pass('subscribe');
    client.topics.add(topic);
    return client;
  }

  get isOpen(): boolean {
    return this.socket.readyState === WebSocket.OPEN;
  }

  /** Subscribes to one more topic, as a client does. Rejects with `CanaryTrouble`. */
  async subscribe(topic: string, clock: HopClock): Promise<void> {
    this.requests += 1;
    const id = `canary-${this.requests}`;
    const reply = this.next((frame) => frame.reply_to === id);
    this.socket.send(JSON.stringify({ msg_id: id, action: 'topic.subscribe', data: { topics: [{ topic }] } }));
    const { code, message, data } = await this.orClosed(reply, 'subscribe');
    const [outcome] = data?.topics ?? [];
    const refused = code === 'OK' && outcome?.code === 'OK' ? undefined : (outcome?.message ?? message ?? outcome?.code ?? code);
    if (refused !== undefined) throw new CanaryTrouble('failed', 'subscribe', `the node refused to subscribe it: ${refused}`);
    clock.pass('subscribe');
    this.topics.add(topic);
  }

  /** Resolves when a message with this id comes. Never rejects: whoever waits has a deadline. */
  async message(topic: string, id: string): Promise<void> {
    await this.next((frame) => frame.topic === topic && frame.msg_id === id);
  }

  /** Why it is no longer open. */
  get ending(): string {
    return this.closeReason === undefined ? 'it is open' : `it ended with ${this.closeReason}`;
  }

  close(): void {
    this.waiting.clear();
    this.socket.close(1000);
    // Its own node answers at once or not at all.
    setTimeout(() => this.socket.terminate(), 500).unref();
  }

  terminate(): void {
    this.waiting.clear();
    this.socket.terminate();
  }

  private async opened(clock: HopClock): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.socket.once('upgrade', () => {
        clock.pass('connect');
        clock.pass('authenticate');
      });
      this.socket.once('open', () => resolve());
      this.socket.once('unexpected-response', (_request, response) => {
        clock.pass('connect');
        void troubleOf(response).then((trouble) => {
          reject(trouble);
          this.socket.terminate();
        });
      });
      this.socket.once('error', (error: NodeJS.ErrnoException) => reject(new CanaryTrouble('failed', 'connect', connectProblem(error))));
    });
  }

  private async orClosed<T>(wanted: Promise<T>, hop: 'subscribe'): Promise<T> {
    let ended: (() => void) | undefined;
    const closed = new Promise<never>((_resolve, reject) => {
      ended = () => reject(new CanaryTrouble('failed', hop, `the node closed the socket: ${this.ending}`));
      this.socket.once('close', ended);
      if (this.socket.readyState === WebSocket.CLOSED) ended();
    });
    try {
      return await Promise.race([wanted, closed]);
    } finally {
      if (ended !== undefined) this.socket.off('close', ended);
    }
  }

  private next(test: (frame: Frame) => boolean): Promise<Frame> {
    return new Promise((resolve) => {
      const waiter = {
        test,
        found: (frame: Frame) => {
          this.waiting.delete(waiter);
          resolve(frame);
        },
      };
      this.waiting.add(waiter);
    });
  }

  private received(data: Buffer): void {
    const frame = JSON.parse(data.toString()) as Frame;
    for (const waiter of [...this.waiting]) if (waiter.test(frame)) waiter.found(frame);
  }
}

function connectProblem({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'EMFILE' || code === 'ENFILE')
    return `this process can open no more descriptors (${code}): nobody new gets in; raise the limit (ulimit -n, LimitNOFILE)`;
  if (code === 'ECONNREFUSED') return 'nothing listens on the public port';
  return `the public port did not answer the upgrade: ${message === '' ? String(code) : message}`;
}

/** What an answer other than 101 says of the node. */
async function troubleOf(response: IncomingMessage): Promise<CanaryTrouble> {
  const status = response.statusCode ?? 0;
  const { code, message } = await bodyOf(response);
  const said = message === undefined ? `HTTP ${status}` : `${message} (HTTP ${status}${code === undefined ? '' : ` ${code}`})`;
  if (code !== undefined && BUSY.has(code)) return new CanaryTrouble('skipped', 'connect', `the node takes no newcomer now: ${said}`);
  if (status === 401 || status === 403) return new CanaryTrouble('failed', 'authenticate', `the node refused its own ticket: ${said}`);
  return new CanaryTrouble('failed', 'connect', `the upgrade was refused: ${said}`);
}

async function bodyOf(response: IncomingMessage): Promise<Pick<Frame, 'code' | 'message'>> {
  let text = '';
  try {
    for await (const chunk of response) if (text.length < ANSWER_BYTES) text += String(chunk);
    return JSON.parse(text) as Pick<Frame, 'code' | 'message'>;
  } catch {
    return {};
  }
}
