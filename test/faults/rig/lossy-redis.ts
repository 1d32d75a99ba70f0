import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { endOfValue, isPublished } from './resp.js';

/** A way to Redis that loses some of what is published on its way to subscribers, and tells nobody. */
export class LossyRedis {
  private readonly sockets = new Set<Socket>();
  /** Which of what is published is lost. */
  loses: (published: Buffer) => boolean = () => false;
  /** Lost so far, and passed on. */
  lost = 0;
  passed = 0;

  private constructor(
    private readonly server: Server,
    private readonly target: number,
  ) {
    server.on('connection', (client) => this.accept(client));
  }

  /** @param port of the Redis on this machine. */
  static async before(port: number): Promise<LossyRedis> {
    const server = createServer({ noDelay: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new LossyRedis(server, port);
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private accept(client: Socket): void {
    const redis = connect({ port: this.target, host: '127.0.0.1', noDelay: true });
    for (const [socket, other] of [
      [client, redis],
      [redis, client],
    ] as const) {
      this.sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.sockets.delete(socket);
        other.destroy();
      });
    }
    client.on('data', (chunk: Buffer) => redis.write(chunk));
    let rest: Buffer = Buffer.alloc(0);
    redis.on('data', (chunk: Buffer) => {
      rest = this.pass(rest.length === 0 ? chunk : Buffer.concat([rest, chunk]), client);
    });
  }

  /** Answers what has not all come yet. */
  private pass(bytes: Buffer, client: Socket): Buffer {
    const kept: Buffer[] = [];
    let at = 0;
    for (let end = endOfValue(bytes, at); end !== undefined && at < bytes.length; end = endOfValue(bytes, at)) {
      const value = bytes.subarray(at, end);
      at = end;
      if (isPublished(value) && this.loses(value)) this.lost += 1;
      else {
        if (isPublished(value)) this.passed += 1;
        kept.push(value);
      }
    }
    if (kept.length > 0) client.write(Buffer.concat(kept));
    return bytes.subarray(at);
  }
}
