import { connect, type Socket } from 'node:net';
import { WebSocket } from 'ws';

export interface Frame {
  readonly action: string;
  readonly topic?: string;
  readonly epoch?: string;
  readonly seq?: number;
  readonly msg_id?: string;
  readonly reply_to?: string;
  readonly code?: string;
  readonly data?: unknown;
}

/** How a client leaves: as the protocol asks, or as networks and processes do. */
export const ENDINGS = ['close', 'cut', 'reset', 'half'] as const;
export type Ending = (typeof ENDINGS)[number];

/** One connection that can end in every way, and whose requests can be waited for. */
export class WandererSocket {
  /** Resolves with its close code; 1006: there was none. */
  readonly closed: Promise<number>;
  isOpen = true;
  private tcp: Socket | undefined;
  private requests = 0;
  private readonly waiting = new Map<string, (reply: Frame | undefined) => void>();
  private readonly socket: WebSocket;

  constructor(url: string, token: string, received: (frame: Frame, text: string) => void) {
    const { hostname, port } = new URL(url);
    this.socket = new WebSocket(url, ['waybill.v1'], {
      headers: { authorization: `Bearer ${token}` },
      handshakeTimeout: 5_000,
      createConnection: () => (this.tcp = connect({ host: hostname, port: Number(port), noDelay: true })),
    });
    this.socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code) => {
        this.isOpen = false;
        resolve(code);
        // What follows the end comes after the end was logged.
        setImmediate(() => {
          for (const answer of this.waiting.values()) answer(undefined);
        });
      });
    });
    this.socket.on('message', (data: Buffer) => {
      const text = data.toString();
      const frame = JSON.parse(text) as Frame;
      received(frame, text);
      const answer = this.waiting.get(frame.reply_to ?? '');
      this.waiting.delete(frame.reply_to ?? '');
      answer?.(frame);
    });
  }

  /** Answers the reply; nothing where the connection ended instead. `answered` is called before any later frame is seen. */
  ask(action: string, data: unknown, answered: (reply: Frame) => void = () => undefined): Promise<Frame | undefined> {
    if (!this.isOpen || this.socket.readyState !== WebSocket.OPEN) return Promise.resolve(undefined);
    this.requests += 1;
    const id = String(this.requests);
    const reply = new Promise<Frame | undefined>((resolve) => {
      this.waiting.set(id, (frame) => {
        if (frame !== undefined) answered(frame);
        resolve(frame);
      });
    });
    this.socket.send(JSON.stringify({ msg_id: id, action, data }));
    return reply;
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  end(ending: Ending): void {
    if (ending === 'close') this.socket.close(1000);
    else if (ending === 'cut') this.socket.terminate();
    else if (ending === 'reset') this.tcp?.resetAndDestroy();
    else this.tcp?.end();
  }
}
