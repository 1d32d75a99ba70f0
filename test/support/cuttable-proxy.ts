import { connect, createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/** A TCP proxy before a real server, to take that server away from one client and to give it back. */
export class CuttableProxy {
  private readonly sockets = new Set<Socket>();
  private mode: 'open' | 'cut' | 'silent' = 'open';

  private constructor(
    private readonly server: Server,
    private readonly target: { readonly host: string; readonly port: number },
  ) {
    server.on('connection', (socket) => this.accept(socket));
  }

  static async before(url: string): Promise<CuttableProxy> {
    const { hostname, port } = new URL(url);
    const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
    const proxy = new CuttableProxy(server, { host: hostname, port: Number(port === '' ? 5432 : port) });
    await once(server, 'listening');
    return proxy;
  }

  /** The same URL, by way of the proxy. */
  through(url: string): string {
    const changed = new URL(url);
    changed.hostname = '127.0.0.1';
    changed.port = String((this.server.address() as AddressInfo).port);
    return changed.href;
  }

  /** Breaks every connection and every attempt at a new one. */
  cut(): void {
    this.mode = 'cut';
    for (const socket of this.sockets) socket.destroy();
  }

  /** Breaks what is open, and lets new connections hang without an answer. */
  silence(): void {
    this.cut();
    this.mode = 'silent';
  }

  /** Lets new connections through again; those that hang are broken. */
  restore(): void {
    if (this.mode !== 'open') this.cut();
    this.mode = 'open';
  }

  async close(): Promise<void> {
    this.cut();
    this.server.close();
    await once(this.server, 'close');
  }

  private accept(socket: Socket): void {
    this.keep(socket);
    if (this.mode === 'cut') return void socket.destroy();
    if (this.mode === 'silent') return;
    const upstream = this.keep(connect(this.target));
    socket.pipe(upstream).pipe(socket);
  }

  private keep(socket: Socket): Socket {
    this.sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.sockets.delete(socket));
    return socket;
  }
}
