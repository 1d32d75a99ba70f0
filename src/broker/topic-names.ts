import type { RedisLinks } from '../cluster/redis-links.js';

/** Names looked at for each one that is asked for, and rounds of it: a listing has a bounded cost also where most names are of the past. */
const PAGE = 500;
const ROUNDS = 20;
/** Oldest names looked at when one is added: forgetting keeps pace with beginning. */
const LOOKED_AT = 2;
/** Follows every character of a topic's name. */
const AFTER_ALL = '\u007f';

export interface NamePage {
  readonly after?: string;
  readonly prefix?: string;
  readonly limit: number;
}

/**
 * The names of ephemeral topics at Redis, in order. They outlive their topics, which expire by themselves; so each name has a time at
 * which somebody looks whether it is still one.
 */
export class TopicNames {
  private readonly inOrder: string;
  private readonly byExpiry: string;

  constructor(
    private readonly links: RedisLinks,
    /** Name of the topic's own key. */
    private readonly keyOf: (topic: string) => string,
  ) {
    this.inOrder = links.topicKey('names', 'ephemeral');
    this.byExpiry = links.topicKey('expiries', 'ephemeral');
  }

  /** @param keptMs the topic exists at least so long. */
  async add(topic: string, keptMs: number): Promise<void> {
    const { client } = this.links.commands;
    const now = Date.now();
    const [, , due] = await Promise.all([
      client.zadd(this.inOrder, 0, topic),
      client.zadd(this.byExpiry, now + keptMs, topic),
      client.zrangebyscore(this.byExpiry, '-inf', now, 'LIMIT', 0, LOOKED_AT),
    ]);
    await Promise.all(due.map((name) => this.look(name)));
  }

  async remove(topic: string): Promise<void> {
    const { client } = this.links.commands;
    await Promise.all([client.zrem(this.inOrder, topic), client.zrem(this.byExpiry, topic)]);
  }

  /** Answers what `find` has of the names of a page, in their order; names of which it has nothing are forgotten. */
  async page<T>({ after = '', prefix = '', limit }: NamePage, find: (topic: string) => Promise<T | undefined>): Promise<readonly T[]> {
    const found: T[] = [];
    const to = prefix === '' ? '+' : `(${prefix}${AFTER_ALL}`;
    let from = after >= prefix && after !== '' ? `(${after}` : prefix === '' ? '-' : `[${prefix}`;
    for (let round = 0; round < ROUNDS && found.length < limit; round += 1) {
      const names = await this.links.commands.client.zrangebylex(this.inOrder, from, to, 'LIMIT', 0, PAGE);
      const all = await Promise.all(names.map((name) => find(name)));
      const gone = names.filter((_name, index) => all[index] === undefined);
      await Promise.all(gone.map((name) => this.look(name)));
      found.push(...all.filter((one) => one !== undefined));
      const last = names.at(-1);
      if (last === undefined || names.length < PAGE) break;
      from = `(${last}`;
    }
    return found.slice(0, limit);
  }

  /** Forgets a name whose topic is gone. Taken out before it is looked at: a topic that begins meanwhile adds itself after that. */
  private async look(topic: string): Promise<void> {
    await this.remove(topic);
    const leftMs = await this.links.commands.client.pttl(this.keyOf(topic));
    if (leftMs <= 0) return;
    const { client } = this.links.commands;
    await Promise.all([client.zadd(this.inOrder, 0, topic), client.zadd(this.byExpiry, Date.now() + leftMs, topic)]);
  }
}
