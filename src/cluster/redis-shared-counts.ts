import type { RedisLinks } from './redis-links.js';
import { RedisScript } from './redis-script.js';
import { type OwnCount, SharedCounts, type TotalCount } from './shared-counts.js';

/**
 * One hash for each name: for each node how many, since when, and until when that holds by the clock of Redis. ARGV: the node, its lease
 * in milliseconds, and for each key a count and a time. Answers for each key the sum, the node with the oldest, and its time.
 */
const SAY = new RedisScript(
  'waybillSayCounts',
  undefined,
  `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local node, lease = ARGV[1], tonumber(ARGV[2])
local answers = {}
for index, key in ipairs(KEYS) do
  local count, oldest = ARGV[2 * index + 1], ARGV[2 * index + 2]
  if tonumber(count) > 0 then
    redis.call('HSET', key, node, count .. ' ' .. oldest .. ' ' .. string.format('%.0f', now + lease))
    redis.call('PEXPIRE', key, lease)
  else
    redis.call('HDEL', key, node)
  end
  local total, first, whose = 0, '', ''
  local nodes = redis.call('HGETALL', key)
  for place = 1, #nodes, 2 do
    local n, at, till = string.match(nodes[place + 1], '^(%d+) (%d+) (%d+)$')
    if tonumber(till) <= now then
      redis.call('HDEL', key, nodes[place])
    else
      total = total + tonumber(n)
      if first == '' or tonumber(at) < tonumber(first) then first, whose = at, nodes[place] end
    end
  end
  answers[index] = { total, whose, first }
end
return answers
`,
);

type Answer = readonly [total: number, node: Buffer, at: Buffer];

/** Counts that nodes keep together at Redis. Times of one name are of several clocks, so which is the oldest is as right as these are. */
export class RedisSharedCounts extends SharedCounts {
  override readonly isShared = true;

  constructor(
    private readonly node: string,
    private readonly links: RedisLinks,
  ) {
    super();
  }

  override async say(counts: readonly OwnCount[], leaseMs: number): Promise<readonly TotalCount[]> {
    const keys = counts.map(({ name }) => this.links.key('count', name));
    const values = counts.flatMap(({ count, oldestAt }) => [count, Math.round(oldestAt)]);
    const answers = (await SAY.run(this.links.commands.client, keys.length, ...keys, this.node, leaseMs, ...values)) as readonly Answer[];
    return counts.map(({ name }, index) => totalOf(name, answers[index]));
  }

  override onForgotten(listener: () => void): void {
    this.links.commands.on('up', listener);
  }
}

function totalOf(name: string, answer: Answer | undefined): TotalCount {
  if (answer === undefined) throw new Error(`Redis did not answer how many ${name} there are`);
  const [total, node, at] = answer;
  return { name, total, oldest: node.length === 0 ? undefined : { node: node.toString(), at: Number(at.toString()) } };
}
