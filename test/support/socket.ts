import { once } from 'node:events';
import { type PerMessageDeflateOptions, WebSocket } from 'ws';

export type Frame = Readonly<Record<string, unknown>>;

/** A client that knows nothing but frames: what it received stands in `frames`, in order. */
export class TestSocket {
  readonly frames: Frame[] = [];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  #waiting: (() => void)[] = [];
  #taken = 0;
  #requests = 0;

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data) => {
      this.frames.push(JSON.parse((data as Buffer).toString('utf8')) as Frame);
      this.#wake();
    });
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) => {
        resolve({ code, reason: reason.toString('utf8') });
        this.#wake();
      });
    });
  }

  /** Connects and waits for `welcome`, unless there is no token. */
  static async connect(
    port: number,
    token: string | undefined,
    options: {
      readonly path?: string;
      readonly headers?: Record<string, string>;
      readonly perMessageDeflate?: PerMessageDeflateOptions;
    } = {},
  ): Promise<TestSocket> {
    const { path = '/ws', perMessageDeflate = true } = options;
    const headers = token === undefined ? (options.headers ?? {}) : { authorization: `Bearer ${token}`, ...options.headers };
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, 'waybill.v1', { headers, perMessageDeflate });
    const client = new TestSocket(socket);
    await once(socket, 'open');
    if (token !== undefined) await client.find((frame) => frame['action'] === 'welcome');
    return client;
  }

  send(frame: unknown): void {
    this.socket.send(JSON.stringify(frame));
  }

  /** Sends a request and waits for its reply. */
  async request(action: string, data?: unknown, msgId = `t-${(this.#requests += 1)}`): Promise<Frame> {
    this.send({ msg_id: msgId, action, data });
    return this.find((frame) => frame['action'] === 'reply' && frame['reply_to'] === msgId);
  }

  /** The first frame, old or new, that fulfils the condition. */
  async find(condition: (frame: Frame) => boolean, timeoutMs = 5_000): Promise<Frame> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const found = this.frames.find(condition);
      if (found !== undefined) return found;
      await this.#change(deadline, 'a frame that fulfils the condition');
    }
  }

  /** The next frame that was not taken yet and fulfils the condition; those before it are passed over. */
  async take(condition: (frame: Frame) => boolean, timeoutMs = 5_000): Promise<Frame> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const index = this.frames.findIndex((frame, position) => position >= this.#taken && condition(frame));
      if (index !== -1) {
        this.#taken = index + 1;
        return this.frames[index] as Frame;
      }
      await this.#change(deadline, 'the next frame that fulfils the condition');
    }
  }

  /** Messages of a topic, in the order they came. */
  messages(topic: string): readonly Frame[] {
    return this.frames.filter((frame) => frame['topic'] === topic && frame['seq'] !== undefined);
  }

  async untilMessages(topic: string, count: number, timeoutMs = 5_000): Promise<readonly Frame[]> {
    await this.find(() => this.messages(topic).length >= count, timeoutMs);
    return this.messages(topic);
  }

  async close(code = 1000): Promise<void> {
    this.socket.close(code);
    await this.closed;
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  async #change(deadline: number, wanted: string): Promise<void> {
    const remaining = deadline - Date.now();
    const seen = this.frames.slice(-5).map((frame) => JSON.stringify(frame));
    if (remaining <= 0 || this.socket.readyState === WebSocket.CLOSED) {
      throw new Error(`${wanted} did not come (socket state ${this.socket.readyState}); last frames: ${seen.join(' ')}`);
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, remaining);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
