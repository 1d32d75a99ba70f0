import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Between two looks at who is ready, in milliseconds. */
const LOOK_MS = 250;
const ANSWER_MS = 2_000;

/** A node that connections may be led to. */
export interface Backend {
  readonly port: number;
  readonly opsPort: number;
}

/**
 * One port before several nodes, as a load balancer of TCP connections: each goes to the next node that calls itself ready, and past one
 * that takes no connections. Who is ready is asked a few times a second; where nobody is, everybody is tried.
 */
export class Balancer {
  private readonly sockets = new Set<Socket>();
  private ready: readonly Backend[];
  private turn = 0;
  private readonly timer: NodeJS.Timeout;

  private constructor(
    private readonly server: Server,
    private readonly backends: readonly Backend[],
  ) {
    this.ready = backends;
    server.on('connection', (client) => this.accept(client));
    this.timer = setInterval(() => void this.look(), LOOK_MS);
    this.timer.unref();
  }

  static async before(backends: readonly Backend[]): Promise<Balancer> {
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Balancer(server, backends);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private async look(): Promise<void> {
    const looks = this.backends.map(async (backend) => ((await isReady(backend)) ? [backend] : []));
    const ready = (await Promise.all(looks)).flat();
    this.ready = ready.length > 0 ? ready : this.backends;
  }

  private accept(client: Socket): void {
    this.keep(client);
    const { ready } = this;
    this.turn += 1;
    const first = this.turn % ready.length;
    this.lead(client, [...ready.slice(first), ...ready.slice(0, first)]);
  }

  private lead(client: Socket, [backend, ...others]: readonly Backend[]): void {
    if (backend === undefined || client.destroyed) return void client.destroy();
    const node = this.keep(connect({ port: backend.port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true }));
    const refused = (): void => this.lead(client, others);
    node.once('error', refused);
    node.once('connect', () => {
      node.off('error', refused);
      join(client, node);
    });
  }

  private keep(socket: Socket): Socket {
    this.sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.sockets.delete(socket));
    return socket;
  }
}

/** What ends one side ends the other in the same way: in order, by a reset, or at once. */
function join(client: Socket, node: Socket): void {
  for (const [from, to] of [
    [client, node],
    [node, client],
  ] as const) {
    from.once('error', () => to.resetAndDestroy());
    from.once('close', () => to.destroySoon());
    from.pipe(to);
  }
}

async function isReady({ opsPort }: Backend): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${opsPort}/readyz`, { signal: AbortSignal.timeout(ANSWER_MS) });
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    return false;
  }
}
