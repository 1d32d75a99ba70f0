import { z } from 'zod';
import type { CommonGround } from './common-ground.js';
import type { MemberCard } from './member.js';
import { type Beat, type BeatTerms, MemberStore } from './member-store.js';
import type { RedisLinks } from './redis-links.js';

/**
 * One hash has all nodes: `run LF until LF since LF lost LF card`, times in milliseconds by the clock of Redis. One key, so that a call is atomic
 * on a cluster of Redis too. The last ones who go leave a key that ends by itself.
 */
const ENTRY = `
local function entry(text)
  local run, till, since, lost, card = string.match(text, '^([^\\n]*)\\n(%d+)\\n(%d+)\\n(%d+)\\n(.*)$')
  return run, tonumber(till), tonumber(since), tonumber(lost), card
end
local function text(run, till, since, lost, card)
  return string.format('%s\\n%.0f\\n%.0f\\n%.0f\\n%s', run, till, since, lost, card)
end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
`;

const BEAT = `${ENTRY}
local node, run, card = ARGV[1], ARGV[2], ARGV[3]
local lease, keep, takeOver = tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6] == '1'
local held = redis.call('HGET', KEYS[1], node)
local since, fresh = now, 1
if held then
  local itsRun, till, itsSince = entry(held)
  if till > now and itsRun ~= run and not takeOver then return {'taken', itsRun} end
  if till > now and itsRun == run then since = itsSince end
  fresh = 0
end
redis.call('HSET', KEYS[1], node, text(run, now + lease, since, 0, card))
redis.call('PEXPIRE', KEYS[1], lease + keep)
local answer = {'written', fresh}
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local itsRun, till, itsSince, lost, itsCard = entry(all[i + 1])
  local found = 0
  if lost == 0 and till <= now and now - since >= lease then
    lost = now
    found = 1
    redis.call('HSET', KEYS[1], all[i], text(itsRun, till, itsSince, lost, itsCard))
  end
  if lost > 0 and lost + keep <= now then
    redis.call('HDEL', KEYS[1], all[i])
  else
    table.insert(answer, itsCard)
    table.insert(answer, string.format('%.0f', lost))
    table.insert(answer, found)
  end
end
return answer`;

const RESTORE = `${ENTRY}
local lease, keep = tonumber(ARGV[1]), tonumber(ARGV[2])
for i = 3, #ARGV, 3 do redis.call('HSETNX', KEYS[1], ARGV[i], text(ARGV[i + 1], now + lease, now, 0, ARGV[i + 2])) end
redis.call('PEXPIRE', KEYS[1], lease + keep)`;

const LEAVE = `${ENTRY}
local held = redis.call('HGET', KEYS[1], ARGV[1])
if held and entry(held) == ARGV[2] then redis.call('HDEL', KEYS[1], ARGV[1]) end`;

const cardSchema = z.object({
  node: z.string(),
  run: z.string(),
  version: z.string(),
  region: z.string().nullable(),
  started_at: z.number(),
  common: z
    .object({ database: z.string(), jwt_secret: z.string(), api_key: z.string(), device_keys: z.string() })
    .partial()
    .transform((common) => common as CommonGround),
  load: z
    .object({
      state: z.enum(['ready', 'degraded', 'draining', 'unready']),
      connections: z.number(),
      loop_delay_p99_ms: z.number(),
      nearest_limit: z.object({ name: z.string(), share: z.number() }).nullable(),
    })
    .nullable(),
});

/** The nodes that share a Redis. */
export class RedisMemberStore extends MemberStore {
  private readonly key: string;

  constructor(private readonly links: RedisLinks) {
    super();
    this.key = links.key('members');
  }

  override get isOpen(): boolean {
    return this.links.commands.up;
  }

  override async beat(card: MemberCard, { leaseMs, keepMs }: BeatTerms, takeOver = false): Promise<Beat> {
    const terms = [leaseMs, keepMs, takeOver ? 1 : 0];
    const answer = (await this.run(BEAT, [card.node, card.run, JSON.stringify(card), ...terms])) as readonly (string | number)[];
    const [kind, second, ...rest] = answer;
    if (kind === 'taken') return { kind, run: String(second) };
    const members: { readonly card: MemberCard; readonly lostAt: number | undefined }[] = [];
    const lost: string[] = [];
    for (let at = 0; at < rest.length; at += 3) {
      const theirs = readCard(String(rest[at]));
      if (theirs === undefined) continue;
      const lostAt = Number(rest[at + 1]);
      members.push({ card: theirs, lostAt: lostAt === 0 ? undefined : lostAt });
      if (rest[at + 2] === 1) lost.push(theirs.node);
    }
    return { kind: 'written', members, lost, fresh: second === 1 };
  }

  override async restore(cards: readonly MemberCard[], { leaseMs, keepMs }: BeatTerms): Promise<void> {
    if (cards.length > 0)
      await this.run(RESTORE, [leaseMs, keepMs, ...cards.flatMap((card) => [card.node, card.run, JSON.stringify(card)])]);
  }

  override async leave(node: string, run: string): Promise<void> {
    await this.run(LEAVE, [node, run]);
  }

  override onOpen(listener: () => void): void {
    this.links.commands.on('up', listener);
  }

  private run(script: string, values: readonly (string | number)[]): Promise<unknown> {
    return this.links.commands.client.eval(script, 1, this.key, ...values);
  }
}

/** Another version's card may have more; one that has less, or other things, is none. */
function readCard(text: string): MemberCard | undefined {
  const parsed = cardSchema.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : undefined;
}
