import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { Flow, type FlowShape, UNSHAPED } from './tcp-flow.js';

/** What happens to the link a pattern was seen on. `cut`: it breaks at once. `cut-at-answer`: when the server begins to answer, and the
 * answer is not passed on. `swallow`: requests go on, answers do not. */
export type LinkFault = 'cut' | 'cut-at-answer' | 'swallow';

interface Trigger {
  readonly pattern: Buffer;
  readonly fault: LinkFault;
  left: number;
  readonly seen: () => void;
}

/** A client's connection and the one made to the server for it. */
interface Link {
  readonly client: Socket;
  readonly server: Socket;
  readonly requests: Flow;
  readonly answers: Flow;
}

/** A TCP proxy before a real server, to take that server away from its clients, to make the way to it bad, and to give it back. */
export class TcpProxy {
  private readonly sockets = new Set<Socket>();
  private readonly links = new Set<Link>();
  private mode: 'open' | 'cut' | 'silent' = 'open';
  private flowShape = UNSHAPED;
  private swallowing = false;
  private trigger: Trigger | undefined;
  /** Connections that came so far. */
  accepted = 0;

  private constructor(
    private readonly server: Server,
    private target: { readonly host: string; readonly port: number },
  ) {
    server.on('connection', (socket) => this.accept(socket));
  }

  static async before(url: string): Promise<TcpProxy> {
    const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
    const proxy = new TcpProxy(server, targetOf(url));
    await once(server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** The same URL, by way of the proxy. */
  through(url: string): string {
    const changed = new URL(url);
    changed.hostname = '127.0.0.1';
    changed.port = String(this.port);
    return changed.href;
  }

  /** Leads to another server from here on, as a failover does; connections to the old one are broken. */
  lead(url: string): void {
    this.target = targetOf(url);
    this.breakAll();
  }

  /** Breaks every connection and every attempt at a new one. */
  cut(): void {
    this.mode = 'cut';
    this.breakAll();
  }

  /** Breaks what is open, and lets new connections hang without an answer. */
  silence(): void {
    this.breakAll();
    this.mode = 'silent';
  }

  /** Breaks what is open with a TCP reset; new connections are let through. */
  reset(): void {
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  /** Passes on requests and drops every answer, on connections that are open and on new ones. */
  swallow(): void {
    this.swallowing = true;
    for (const { answers } of this.links) answers.dropping = true;
  }

  /** Open connections carry nothing any more, in either direction, and nobody is told; new ones are let through. */
  strand(): void {
    for (const { requests, answers } of this.links) {
      requests.dropping = true;
      answers.dropping = true;
    }
  }

  /** Lets every chunk wait this long, in each direction; 0: not at all. */
  delay(milliseconds: number): void {
    this.shape({ ...this.flowShape, delayMs: () => milliseconds });
  }

  /** Passes at most this many bytes a second, in each direction of a connection; 0: no limit. */
  throttle(bytesPerSecond: number): void {
    this.shape({ ...this.flowShape, bytesPerSecond });
  }

  /** What happens to each direction of each connection, those that are open and new ones. */
  shape(shape: FlowShape): void {
    this.flowShape = shape;
    for (const { requests, answers } of this.links) for (const flow of [requests, answers]) flow.become(shape);
  }

  /**
   * From the moment a client sends these bytes, something happens to its connection, for the first `times` connections. `seen` is
   * called each time. The pattern must come within one write of the client.
   */
  when(pattern: string, fault: LinkFault, { times = 1, seen = (): void => undefined } = {}): void {
    this.trigger = { pattern: Buffer.from(pattern), fault, left: times, seen };
  }

  /** Lets everything through again; connections that hang or lost answers are broken. */
  restore(): void {
    if (this.mode !== 'open' || this.swallowing) this.breakAll();
    this.mode = 'open';
    this.swallowing = false;
    this.trigger = undefined;
    this.shape(UNSHAPED);
  }

  /** What its clients see when the server's process is killed: connections break, and the port refuses. `reappear` ends it. */
  async disappear(): Promise<number> {
    const { port } = this;
    await this.close();
    return port;
  }

  /** Listens again at the port that it had. */
  async reappear(port: number): Promise<void> {
    this.server.listen(port, '127.0.0.1');
    await once(this.server, 'listening');
    this.restore();
  }

  async close(): Promise<void> {
    this.cut();
    this.server.close();
    await once(this.server, 'close');
  }

  private accept(socket: Socket): void {
    this.accepted += 1;
    this.keep(socket);
    if (this.mode === 'cut') return void socket.destroy();
    if (this.mode === 'silent') return;
    const upstream = this.keep(connect(this.target));
    const link: Link = {
      client: socket,
      server: upstream,
      requests: new Flow(socket, upstream, (chunk) => this.watch(link, chunk)),
      answers: new Flow(upstream, socket, () => this.watchAnswers(link)),
    };
    link.answers.dropping = this.swallowing;
    this.links.add(link);
    for (const flow of [link.requests, link.answers]) flow.become(this.flowShape);
    // One side's end is the other's: half of a connection is of no use to anybody here.
    socket.once('close', () => (upstream.destroy(), this.links.delete(link)));
    upstream.once('close', () => socket.destroy());
    socket.resume();
  }

  private watch(link: Link, chunk: Buffer): void {
    const { trigger } = this;
    if (trigger === undefined || trigger.left === 0 || !chunk.includes(trigger.pattern)) return;
    trigger.left -= 1;
    if (trigger.fault === 'swallow') link.answers.dropping = true;
    else if (trigger.fault === 'cut-at-answer') link.answers.cutting = true;
    else link.requests.thenCut = true;
    trigger.seen();
  }

  private watchAnswers(link: Link): void {
    if (!link.answers.cutting) return;
    link.client.destroy();
    link.server.destroy();
  }

  private breakAll(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  private keep(socket: Socket): Socket {
    this.sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.sockets.delete(socket));
    return socket;
  }
}

function targetOf(url: string): { readonly host: string; readonly port: number } {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port === '' ? 5432 : port) };
}
