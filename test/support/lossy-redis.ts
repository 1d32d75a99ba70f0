import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

const HOST = '127.0.0.1';
const LINE_END = '\r\n';
const BULK = '$'.charCodeAt(0);
const ARRAY = '*'.charCodeAt(0);
const PUSHED = /^\*3\r\n\$[78]\r\ns?message\r\n/;

/** A way to a real Redis on which some of what is published gets lost without a word; all else passes. */
export class LossyRedis {
  /** Answers whether a published frame gets lost. */
  lose: (frame: string) => boolean = () => false;
  lost = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly target: number,
  ) {
    server.on('connection', (socket) => this.accept(socket));
  }

  static async before(url: string): Promise<LossyRedis> {
    const server = createServer().listen(0, HOST);
    await once(server, 'listening');
    return new LossyRedis(server, Number(new URL(url).port));
  }

  get url(): string {
    return `redis://${HOST}:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private accept(client: Socket): void {
    const upstream = connect(this.target, HOST);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => (this.sockets.delete(socket), other.destroy()));
    }
    client.pipe(upstream);
    let waiting = Buffer.alloc(0);
    upstream.on('data', (chunk) => {
      waiting = Buffer.concat([waiting, chunk]);
      for (let end = endOf(waiting, 0); end !== undefined; end = endOf(waiting, 0)) {
        this.pass(waiting.subarray(0, end), client);
        waiting = waiting.subarray(end);
      }
    });
  }

  private pass(reply: Buffer, client: Socket): void {
    if (PUSHED.test(reply.toString('latin1', 0, 32)) && this.lose(reply.toString())) this.lost += 1;
    else client.write(reply);
  }
}

/** Where a reply that begins here ends (RESP 2); undefined while not all of it has come. */
function endOf(bytes: Buffer, from: number): number | undefined {
  const lineEnd = bytes.indexOf(LINE_END, from);
  if (lineEnd < 0) return undefined;
  const after = lineEnd + LINE_END.length;
  const count = Number(bytes.toString('latin1', from + 1, lineEnd));
  if (bytes[from] === BULK) {
    const end = count < 0 ? after : after + count + LINE_END.length;
    return end <= bytes.length ? end : undefined;
  }
  let end: number | undefined = after;
  if (bytes[from] === ARRAY) for (let index = 0; index < count && end !== undefined; index += 1) end = endOf(bytes, end);
  return end;
}
