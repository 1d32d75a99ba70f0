import { createSecretKey } from 'node:crypto';
import { on, once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WaybillClient } from '@waybill/client';
import { type ClientOptions, WebSocket } from 'ws';
import { ConnectionRegistry } from '../../src/gateway/ws/registry.js';
import { type TestCluster, startCluster } from '../support/cluster.js';
import { EventReader } from '../support/event-reader.js';
import { TEST_API_KEY, TEST_JWT_SECRET, type TestGateway } from '../support/gateway.js';
import { OperatorSession } from '../support/operator-session.js';
import type { ProxiedNode, ReverseProxy } from '../support/reverse-proxy.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { signToken } from '../support/tokens.js';

const EVERYTHING = { topics: { subscribe: ['*'], publish: ['*'] } };
const OPERATOR_PASSWORD = 'correct horse battery';
/** Each takes a second or two, and longer on a machine that is busy. */
const PATIENCE_MS = 20_000;
/** So many clients, each from an address of its own, show a share. */
const CLIENTS = 200;

/** What a proxy has to do for two nodes that share a database and a Redis. */
export function describeBehindProxy(name: string, start: (nodes: readonly [ProxiedNode, ProxiedNode]) => Promise<ReverseProxy>): void {
  describe(`two nodes behind ${name}`, () => {
    let cluster: TestCluster;
    let nodes: readonly [Node, Node];
    let proxy: ReverseProxy;
    let token: string;
    const opened: WebSocket[] = [];
    const clients: WaybillClient[] = [];

    beforeAll(async () => {
      const env = { WAYBILL_TRUSTED_PROXIES: '127.0.0.1', WAYBILL_CONNECTIONS_PER_USER: '0', WAYBILL_OPERATOR_PASSWORD: OPERATOR_PASSWORD };
      cluster = await startCluster(2, { env });
      const [one, two] = cluster.nodes as [TestGateway, TestGateway];
      nodes = [await Node.of(one), await Node.of(two)];
      token = await signToken({
        key: createSecretKey(Buffer.from(TEST_JWT_SECRET)),
        claims: { ...EVERYTHING, exp: Math.floor(Date.now() / 1_000) + 600 },
      });
      proxy = await start(nodes);
    });

    afterAll(async () => {
      await proxy?.stop();
      await cluster.stop();
      await Promise.all((nodes ?? []).map((node) => node.close()));
    });

    afterEach(() => {
      for (const socket of opened.splice(0)) socket.terminate();
      for (const client of clients.splice(0)) client.close();
    });

    function rest(method: string, path: string, body?: unknown): Promise<Response> {
      return fetch(`http://127.0.0.1:${proxy.port}/api/v1/${path}`, {
        method,
        headers: { authorization: `Bearer ${TEST_API_KEY}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    }

    /** A socket that is open, from an address of its own. Rejects where it is refused. */
    async function connected(from: number, more: Readonly<Record<string, string>> = {}): Promise<WebSocket> {
      const headers = { authorization: `Bearer ${token}`, ...more };
      const socket = new WebSocket(`ws://127.0.0.1:${proxy.port}/ws`, 'waybill.v1', { localAddress: addressOf(from), headers });
      opened.push(socket);
      await once(socket, 'message');
      return socket;
    }

    /** Opens sockets and answers how many of them the second node has; closes them. */
    async function shareOfSecond(): Promise<number> {
      const before = nodes[1].connections;
      const sockets = await Promise.all(Array.from({ length: CLIENTS }, (_each, index) => connected(index + 1)));
      const there = nodes[1].connections - before;
      await ended(sockets);
      return (100 * there) / CLIENTS;
    }

    async function ended(sockets: readonly WebSocket[]): Promise<void> {
      for (const socket of sockets) socket.close();
      await expect.poll(() => nodes[0].connections + nodes[1].connections, { timeout: PATIENCE_MS }).toBe(0);
    }

    async function streamed(topic: string): Promise<EventReader> {
      return EventReader.open(`http://127.0.0.1:${proxy.port}/api/v1/topics/${topic}/messages`, { authorization: `Bearer ${token}` });
    }

    /** Clients come until a node that is asked again has one; nobody is left then. */
    async function hasNewcomers(node: Node): Promise<void> {
      await expect
        .poll(
          async () => {
            const sockets = await Promise.all([connected(3), connected(4)]);
            const some = node.connections;
            await ended(sockets);
            return some;
          },
          { timeout: PATIENCE_MS },
        )
        .toBeGreaterThan(0);
    }

    it('takes its files without a complaint', () => {
      expect(proxy.log).not.toMatch(/\[(?:warn|emerg|error)\]|WARNING|ALERT/i);
    });

    it('hands on sockets, requests and event streams, whichever node they meet', async () => {
      const sockets = await Promise.all(Array.from({ length: 4 }, (_each, index) => connected(index + 1)));
      expect(nodes.map(({ connections }) => connections > 0)).toEqual([true, true]);
      for (const socket of sockets) {
        socket.send('{"msg_id":"s","action":"topic.subscribe","data":{"topics":[{"topic":"news.all"}]}}');
        await frame(socket, 'reply_to', 's');
      }
      const events = await streamed('news.all');
      const heard = sockets.map((socket) => frame(socket, 'data', 'to all'));
      expect((await rest('POST', 'topics/news.all/messages', { data: 'to all' })).status).toBe(201);
      for (const message of await Promise.all(heard)) expect(message).toMatchObject({ seq: 1, data: 'to all' });
      await events.until((text) => text.includes('to all'));
      events.close();
      await ended(sockets);
    });

    it("tells each client's address, and nothing that the client made up", async () => {
      const made = { 'x-forwarded-for': '203.0.113.7', forwarded: 'for=203.0.113.8', 'x-forwarded-proto': 'https' };
      const socket = await connected(259, made);
      expect(nodes.flatMap((node) => node.addresses)).toEqual(['127.1.1.3']);
      await ended([socket]);
      const operator = new OperatorSession(proxy.port);
      expect((await operator.signIn('admin', OPERATOR_PASSWORD, made)).status).toBe(201);
      expect(operator.setCookie).toMatch(/SameSite=Strict$/);
    });

    it('speaks TLS, and says so', async () => {
      const ca = proxy.authority.certificate;
      const authorization = `Bearer ${token}`;
      const socket = new WebSocket(`wss://127.0.0.1:${proxy.tlsPort}/ws`, 'waybill.v1', { ca, headers: { authorization } });
      await once(socket, 'message');
      await ended([socket]);
      const origin = `https://127.0.0.1:${proxy.tlsPort}`;
      const headers = { origin, 'content-type': 'application/json' };
      const call = request(`${origin}/api/v1/ops/session`, { method: 'POST', ca, headers, agent: false });
      call.end(JSON.stringify({ name: 'admin', password: OPERATOR_PASSWORD }));
      const [answer] = (await once(call, 'response')) as [IncomingMessage];
      answer.resume();
      expect(answer.headers['set-cookie']?.[0]).toMatch(/; Secure$/);
    });

    it('never sends a publish again that may have been stored', async () => {
      let sent = 0;
      const seen = (): void => void (sent += 1);
      for (const node of nodes) node.link.when('once-or-never', 'cut-at-answer', { seen });
      // HAProxy breaks the connection itself where it had used that to the node before: the client knows as little then.
      const answer = await rest('POST', 'topics/news.once/messages', { data: 'once-or-never' }).catch(() => undefined);
      if (answer !== undefined) expect(await answer.json()).toMatchObject({ code: 'UNKNOWN_OUTCOME' });
      expect(answer?.status ?? 502).toBeGreaterThan(500);
      expect(sent).toBe(1);
      for (const node of nodes) node.link.restore();
      const { data } = (await (await rest('GET', 'topics/news.once/messages')).json()) as { data: { messages: unknown[] } };
      expect(data.messages).toHaveLength(1);
    });

    it('sends nobody new to a node that is drained, and no request fails', async () => {
      const [one] = nodes;
      expect((await one.node.rest('POST', '/api/v1/ops/nodes/this/drain', { over_s: 0, deadline_s: 5 })).status).toBe(202);
      const noticed = proxy.noticesUnready();
      for (let round = 0; round < 5; round += 1) {
        const answers = await Promise.all([
          ...Array.from({ length: 4 }, () => rest('POST', 'topics/news.drain/messages', { data: round })),
          ...Array.from({ length: 4 }, () => rest('GET', 'topics/news.drain/messages')),
        ]);
        expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 200, 200, 200, 200]);
        const sockets = await Promise.all(Array.from({ length: 4 }, (_each, index) => connected(round * 4 + index + 10)));
        const events = await streamed('news.drain');
        expect([events.response.status, one.connections]).toEqual([200, 0]);
        events.close();
        await ended(sockets);
      }
      await noticed;
      expect((await one.node.rest('DELETE', '/api/v1/ops/nodes/this/drain')).status).toBe(200);
      await hasNewcomers(one);
    });

    it('has clients of a node that is gone back on the other', async () => {
      const [one, two] = nodes;
      for (let index = 0; index < 8; index += 1) clients.push(clientFrom(proxy.port, token, index + 40));
      const heard = clients.map(() => [] as unknown[]);
      for (const [index, client] of clients.entries()) {
        await client.subscribe('news.kill', ({ data }) => void heard[index]?.push(data)).ready();
      }
      expect(Math.min(one.connections, two.connections)).toBeGreaterThan(1);
      const back = await two.vanish();
      // Published meanwhile: what a client missed it is given when it is back.
      for (let index = 0; index < 5; index += 1) await clients[0]?.publish('news.kill', index);
      await expect.poll(() => heard, { timeout: PATIENCE_MS }).toEqual(clients.map(() => [0, 1, 2, 3, 4]));
      expect([one.connections, two.connections]).toEqual([8, 0]);
      for (const client of clients) client.close();
      await ended([]);
      await back();
      await hasNewcomers(two);
    });

    it('sends a share of the clients to a new release, then all, then none', async () => {
      await proxy.release(10);
      const tenth = await shareOfSecond();
      expect(tenth).toBeGreaterThan(4);
      expect(tenth).toBeLessThan(17);
      await proxy.release(100);
      expect(await shareOfSecond()).toBe(100);
      await proxy.release(0);
      expect(await shareOfSecond()).toBe(0);
    });
  });
}

/** The next frame in which a member has this value. */
async function frame(socket: WebSocket, member: string, value: string): Promise<Readonly<Record<string, unknown>>> {
  for await (const [data] of on(socket, 'message')) {
    const found = JSON.parse(String(data)) as Readonly<Record<string, unknown>>;
    if (found[member] === value) return found;
  }
  throw new Error('the socket ended');
}

/** A client of ours with an address of its own. */
function clientFrom(port: number, token: string, from: number): WaybillClient {
  class FromElsewhere extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[], options?: ClientOptions) {
      super(url, protocols, { ...options, localAddress: addressOf(from) });
    }
  }
  return new WaybillClient(`http://127.0.0.1:${port}`, { token, webSocket: FromElsewhere, backoff: { minDelayMs: 50, maxDelayMs: 500 } });
}

function addressOf(from: number): string {
  return `127.1.${from >> 8}.${from & 255}`;
}

/** A node with a link before each of its ports, which can be cut as the death of its process would. */
class Node implements ProxiedNode {
  static async of(node: TestGateway): Promise<Node> {
    const [link, opsLink] = await Promise.all([node.port, node.opsPort].map((port) => TcpProxy.before(`http://127.0.0.1:${port}`)));
    if (link === undefined || opsLink === undefined) throw new Error('two links were made');
    return new Node(node, link, opsLink);
  }

  private constructor(
    readonly node: TestGateway,
    readonly link: TcpProxy,
    readonly opsLink: TcpProxy,
  ) {}

  get port(): number {
    return this.link.port;
  }

  get opsPort(): number {
    return this.opsLink.port;
  }

  get connections(): number {
    return this.registry.size;
  }

  get addresses(): readonly string[] {
    return [...this.registry.all()].map(({ facts }) => facts.address);
  }

  /** Its process is gone, for all that others see. Answers how to have it back. */
  async vanish(): Promise<() => Promise<void>> {
    const [port, opsPort] = await Promise.all([this.link.disappear(), this.opsLink.disappear()]);
    return async () => void (await Promise.all([this.link.reappear(port), this.opsLink.reappear(opsPort)]));
  }

  async close(): Promise<void> {
    await Promise.all([this.link.close(), this.opsLink.close()]);
  }

  private get registry(): ConnectionRegistry {
    return this.node.gateway.app.get(ConnectionRegistry);
  }
}
