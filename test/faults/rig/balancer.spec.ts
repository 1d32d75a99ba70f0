import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Balancer } from './balancer.js';

/** A server that says who it is, and whose readiness can be changed. */
async function backend(name: string): Promise<{ port: number; opsPort: number; ready: boolean; looks: number; stop: () => Promise<void> }> {
  const sockets = new Set<Socket>();
  const door = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    socket.write(name);
  }).listen(0, '127.0.0.1');
  const facts = { port: 0, opsPort: 0, ready: true, looks: 0, stop: (): Promise<void> => Promise.resolve() };
  const ops = createHttpServer((_request, response) => {
    facts.looks += 1;
    response.writeHead(facts.ready ? 200 : 503).end();
  }).listen(0, '127.0.0.1');
  await Promise.all([once(door, 'listening'), once(ops, 'listening')]);
  facts.port = (door.address() as AddressInfo).port;
  facts.opsPort = (ops.address() as AddressInfo).port;
  facts.stop = async () => {
    if (!door.listening) return;
    for (const socket of sockets) socket.destroy();
    ops.closeAllConnections();
    await Promise.all([door, ops].map((server) => new Promise((resolve) => server.close(resolve))));
  };
  return facts;
}

describe('the balancer', () => {
  const ends: (() => Promise<void>)[] = [];

  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  async function begin(): Promise<{ balancer: Balancer; nodes: readonly Awaited<ReturnType<typeof backend>>[] }> {
    const nodes = await Promise.all(['a', 'b', 'c'].map(backend));
    const balancer = await Balancer.before(nodes);
    ends.push(...nodes.map(({ stop }) => stop), () => balancer.close());
    return { balancer, nodes };
  }

  /** Who answers so many connections, in the order of the alphabet. */
  async function answers(balancer: Balancer, count: number): Promise<string> {
    const names: string[] = [];
    for (let each = 0; each < count; each += 1) {
      const socket = connect(balancer.port, '127.0.0.1');
      const [name] = (await once(socket, 'data')) as [Buffer];
      names.push(name.toString());
      socket.destroy();
    }
    return names.sort((one, other) => one.localeCompare(other)).join('');
  }

  it('leads to each in turn', async () => {
    const { balancer } = await begin();
    expect(await answers(balancer, 6)).toBe('aabbcc');
  });

  it('leads past one that takes no connections', async () => {
    const { balancer, nodes } = await begin();
    await nodes[1]?.stop();
    expect(await answers(balancer, 6)).not.toContain('b');
  });

  it('leads past one that calls itself unready, and back', async () => {
    const { balancer, nodes } = await begin();
    const [, second] = nodes;
    if (second === undefined) throw new Error('three were begun');
    second.ready = false;
    await expect.poll(() => answers(balancer, 3), { timeout: 10_000 }).not.toContain('b');
    second.ready = true;
    await expect.poll(() => answers(balancer, 3), { timeout: 10_000 }).toContain('b');
  });

  it('passes on the end of a node', async () => {
    const { balancer, nodes } = await begin();
    const socket = connect({ port: balancer.port, host: '127.0.0.1' });
    socket.on('error', () => undefined);
    await once(socket, 'data');
    const ended = once(socket, 'close');
    await Promise.all(nodes.map(({ stop }) => stop()));
    await ended;
    expect(socket.destroyed).toBe(true);
  });
});
