import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { type Answer, type Door, type Publish, answerOf, unknown } from './door.js';

const RECONNECT_MS = 50;

interface Reply {
  readonly action?: string;
  readonly reply_to?: string;
  readonly code: string;
  readonly retry_after_ms?: number;
  readonly data?: { readonly epoch: string; readonly seq: number; readonly duplicate?: true };
}

/** Publishes by `topic.publish` over one socket, pipelined; connects again by itself. */
export class SocketDoor implements Door {
  /** Close codes it was given, in order. */
  readonly closes: number[] = [];
  private socket: WebSocket | undefined;
  private connecting: Promise<void> | undefined;
  private closed = false;
  private readonly waiting = new Map<string, (answer: Answer) => void>();

  constructor(
    private readonly url: string,
    private readonly token: string,
    readonly inFlight: number,
  ) {}

  async ready(): Promise<void> {
    while (!this.closed && this.socket === undefined) {
      this.connecting ??= this.connect().finally(() => (this.connecting = undefined));
      await this.connecting;
    }
  }

  publish({ topic, msgId, payload }: Publish): Promise<Answer> {
    const { socket } = this;
    if (socket === undefined) return Promise.resolve(unknown('the connection had just ended'));
    return new Promise((resolve) => {
      this.waiting.set(msgId, resolve);
      socket.send(
        `{"msg_id":${JSON.stringify(msgId)},"action":"topic.publish","data":{"topic":${JSON.stringify(topic)},"action":"load","data":${payload}}}`,
      );
    });
  }

  close(): void {
    this.closed = true;
    this.socket?.close(1000);
  }

  private async connect(): Promise<void> {
    const socket = new WebSocket(this.url, ['waybill.v1'], { headers: { authorization: `Bearer ${this.token}` }, handshakeTimeout: 5_000 });
    const opened = await new Promise<boolean>((resolve) => {
      socket.once('error', () => resolve(false));
      socket.once('close', () => resolve(false));
      socket.on('message', (data: Buffer) => this.receive(JSON.parse(data.toString()) as Reply, () => resolve(true)));
    });
    socket.on('error', () => undefined);
    if (!opened) return delay(RECONNECT_MS);
    socket.once('close', (code) => this.ended(code));
    // It may have ended between its welcome and here.
    if (socket.readyState !== WebSocket.OPEN) return;
    this.socket = socket;
  }

  private receive(reply: Reply, welcome: () => void): void {
    if (reply.action === 'welcome') welcome();
    if (reply.reply_to === undefined) return;
    const resolve = this.waiting.get(reply.reply_to);
    this.waiting.delete(reply.reply_to);
    resolve?.(answerOf(reply.code, reply.data, reply));
  }

  private ended(code: number): void {
    this.closes.push(code);
    this.socket = undefined;
    const waiting = [...this.waiting.values()];
    this.waiting.clear();
    for (const resolve of waiting) resolve(unknown(`the socket was closed with ${code}`));
  }
}
