/**
 * What it costs this node to tell Redis of many open sessions, by the built program: `npm run build`, then
 * `REDIS_URL=redis://127.0.0.1:6379 node scripts/session-cost.ts`. Prints the processor's milliseconds of one heartbeat without news, and of
 * one in which the position of every session has moved, as often as the defaults have it: every ten seconds.
 */
import type { RedisSessionStore as Store } from '../src/broker/redis-session-store.ts';
import type { RedisLinks as Links } from '../src/cluster/redis-links.ts';
import type { MemoryNodeChannel as Channel } from '../src/cluster/memory-node-channel.ts';
import type { Config as Settings } from '../src/config/config.ts';

const SESSIONS = 10_000;
const ROUNDS = 10;
const EVERY_MS = 10_000;
const EXPIRY_MS = 60_000;

interface Built {
  readonly RedisSessionStore: new (links: Links, channel: Channel, expiryMs: number) => Store;
  readonly RedisLinks: new (config: Settings) => Links;
  readonly MemoryNodeChannel: new (node: string) => Channel;
  readonly Config: { from(env: Readonly<Record<string, string | undefined>>): Settings };
}

const files = ['broker/redis-session-store', 'cluster/redis-links', 'cluster/memory-node-channel', 'config/config'];
const modules = await Promise.all(files.map((file) => import(new URL(`../dist/${file}.js`, import.meta.url).href) as Promise<object>));
const { RedisSessionStore, RedisLinks, MemoryNodeChannel, Config } = Object.assign({}, ...modules) as Built;

const links = new RedisLinks(Config.from({ REDIS_URL: process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379' }));
await links.settled();
const store = new RedisSessionStore(links, new MemoryNodeChannel('cost'), EXPIRY_MS);
const ids = Array.from({ length: SESSIONS }, () => store.newId());

function sessions(round: number): Parameters<Store['save']>[0] {
  return ids.map((id, n) => ({
    id,
    user: `user-${n}`,
    connection: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
    topics: [`$user.user-${n}`, '$all', 'chat.lobby', `orders.${n}`].map((topic) => ({
      topic,
      since: { epoch: 'k3f9a1', seq: round * 17 },
      ack: false,
    })),
  }));
}

async function processorMs(work: (round: number) => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  for (let round = 1; round <= ROUNDS; round += 1) await work(round);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / ROUNDS;
}

await store.save(sessions(0));
for (const [name, work] of [
  ['nothing moved', () => store.refresh()],
  ['all moved', (round: number) => store.save(sessions(round))],
] as const) {
  const ms = await processorMs(work);
  process.stdout.write(`${name.padEnd(14)} ${ms.toFixed(2)} ms, ${((ms / EVERY_MS) * 100).toFixed(2)} % of a core\n`);
}
links.onApplicationShutdown();
