import { once } from 'node:events';
import { WebSocket } from 'ws';

/** One socket that sends commands one by one and waits for each answer. */
export class CommandClient {
  closeCode: number | undefined;
  readonly closed: Promise<void>;
  private requests = 0;
  private answered: ((code: string | undefined) => void) | undefined;

  private constructor(private readonly socket: WebSocket) {
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      socket.on('close', (code) => {
        this.closeCode = code;
        this.answered?.(undefined);
        resolve();
      });
    });
    socket.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as { readonly reply_to?: string; readonly code: string };
      if (frame.reply_to === String(this.requests)) this.answered?.(frame.code);
    });
  }

  static async connect(url: string, token: string): Promise<CommandClient> {
    const socket = new WebSocket(url, ['waybill.v1'], { headers: { authorization: `Bearer ${token}` } });
    const client = new CommandClient(socket);
    await once(socket, 'open');
    return client;
  }

  /** Answers the reply's code; nothing where the connection ended instead. */
  async ask(action: string, data: unknown): Promise<string | undefined> {
    if (this.closeCode !== undefined) return undefined;
    this.requests += 1;
    const answer = new Promise<string | undefined>((resolve) => (this.answered = resolve));
    this.socket.send(JSON.stringify({ msg_id: String(this.requests), action, data }));
    return answer;
  }

  end(): void {
    this.socket.terminate();
  }
}
