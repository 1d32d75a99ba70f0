import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it, vi } from 'vitest';
import { RedisPresence } from '../../src/broker/redis-presence.js';
import type { RedisLinks } from '../../src/cluster/redis-links.js';
import type { PresenceChange } from '../../src/messaging/presence.js';
import { linksTo } from '../support/redis-node.js';
import { TestRedis } from '../support/redis.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { describePresence, memberOf } from './presence.suite.js';

const LONG_MS = 60_000;
const SHORT_MS = 500;
const PATIENT = { timeout: 15_000 } as const;

let redis: TestRedis;
let opened = 0;

/** One node with what it was told of by itself. */
class Node {
  readonly told: (PresenceChange & { readonly topic: string })[] = [];

  private constructor(
    private readonly links: RedisLinks,
    readonly presence: RedisPresence,
  ) {
    presence.listen((topic, change) => this.told.push({ topic, ...change }));
  }

  static async open(url: string, livesMs: number): Promise<Node> {
    const links = await linksTo(url, `p${opened}`);
    return new Node(links, new RedisPresence(links, livesMs));
  }

  /** It is gone without a word. */
  lose(): void {
    this.links.onApplicationShutdown();
  }

  async close(): Promise<void> {
    await this.presence.close();
    this.lose();
  }
}

beforeAll(async () => {
  redis = await TestRedis.start();
});
afterAll(() => redis.stop());
beforeEach(() => void (opened += 1));

describePresence('RedisPresence', async () => {
  const [first, second] = await Promise.all([Node.open(redis.url, LONG_MS), Node.open(redis.url, LONG_MS)]);
  return { first: first.presence, second: second.presence, close: async () => void (await Promise.all([first.close(), second.close()])) };
});

describe('presence at Redis', () => {
  const nodes: Node[] = [];
  const open = async (livesMs = SHORT_MS, url = redis.url): Promise<Node> => {
    const node = await Node.open(url, livesMs);
    nodes.push(node);
    return node;
  };

  afterEach(async () => {
    await Promise.all(nodes.splice(0).map((node) => node.close()));
  });

  it('lets the users of a lost node vanish, and tells of each once', async () => {
    const [lost, one, two] = [await open(), await open(), await open()];
    for (let index = 0; index < 600; index += 1) await lost.presence.join('big', memberOf(`u${index}`, `c${index}`));
    await lost.presence.join('t', memberOf('alice', 'a1'));
    await lost.presence.join('t', memberOf('bob', 'b1'));
    await one.presence.join('t', memberOf('alice', 'a2'));
    lost.lose();
    await vi.waitFor(async () => {
      expect(await two.presence.list('t', 10)).toMatchObject({ connections: 1, users: 1, members: [{ connectionId: 'a2' }] });
      expect(await two.presence.list('big', 10)).toEqual({ members: [], connections: 0, users: 0 });
      expect([...one.told, ...two.told].filter(({ topic }) => topic === 't')).toEqual([{ topic: 't', joined: [], left: ['bob'] }]);
    }, PATIENT);
    const left = [...one.told, ...two.told].filter(({ topic }) => topic === 'big').flatMap((change) => change.left);
    expect([left.length, new Set(left).size]).toEqual([600, 600]);
  });

  it('keeps whoever is there while their node says that it lives', async () => {
    const [one, two] = [await open(), await open()];
    await one.presence.join('t', memberOf('alice', 'a1'));
    // Longer than a life.
    await new Promise((resolve) => setTimeout(resolve, 2 * SHORT_MS));
    expect(await two.presence.list('t', 10)).toMatchObject({ connections: 1 });
    expect([...one.told, ...two.told]).toEqual([]);
  });

  it('clears away at once what a node that ended in order has left', async () => {
    const [one, two] = [await open(LONG_MS), await open()];
    await one.presence.join('t', memberOf('alice', 'a1'));
    await one.close();
    await vi.waitFor(async () => expect(await two.presence.list('t', 10)).toMatchObject({ connections: 0 }), PATIENT);
    expect(two.told).toEqual([{ topic: 't', joined: [], left: ['alice'] }]);
  });

  it('answers with its own members while Redis is away, and mends what changed meanwhile', async () => {
    const proxy = await TcpProxy.before(redis.url);
    const [cut, other] = [await open(LONG_MS, proxy.through(redis.url)), await open(LONG_MS)];
    const [alice, bob] = [memberOf('alice', 'a1'), memberOf('bob', 'b1')];
    await cut.presence.join('t', alice);
    await other.presence.join('t', memberOf('carol', 'c1'));
    proxy.cut();
    await vi.waitFor(async () => expect(await cut.presence.list('t', 10)).toMatchObject({ partial: true, connections: 1 }), PATIENT);
    expect(await cut.presence.join('t', bob)).toBe(true);
    expect(await cut.presence.leave('t', alice)).toBe(true);
    expect(await cut.presence.list('t', 10)).toEqual({ partial: true, members: [bob], connections: 1, users: 1 });
    proxy.restore();
    await vi.waitFor(
      async () => expect((await other.presence.list('t', 10)).members.map(({ user }) => user)).toEqual(['bob', 'carol']),
      PATIENT,
    );
    expect(await cut.presence.list('t', 10)).not.toHaveProperty('partial');
    expect(cut.told).toEqual([{ topic: 't', joined: ['bob'], left: ['alice'] }]);
    await proxy.close();
  });

  it('is whole again after Redis lost its memory', async () => {
    const own = await TestRedis.start();
    const [one, two] = [await open(LONG_MS, own.url), await open(LONG_MS, own.url)];
    for (let index = 0; index < 150; index += 1) await one.presence.join(`t.${index}`, memberOf('alice', `a${index}`));
    await two.presence.join('t.7', memberOf('bob', 'b1'));
    await own.stop();
    await vi.waitFor(async () => expect(await one.presence.list('t.7', 10)).toMatchObject({ partial: true, connections: 1 }), PATIENT);
    await own.start();
    await vi.waitFor(async () => {
      expect(await one.presence.list('t.7', 10)).toMatchObject({ connections: 2, users: 2 });
      expect(await two.presence.list('t.149', 10)).toMatchObject({ connections: 1 });
    }, PATIENT);
    await Promise.all([one.close(), two.close()]);
    await own.stop();
  });
});
