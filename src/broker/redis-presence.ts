import { randomBytes } from 'node:crypto';
import { Logger } from '@nestjs/common';
import type { RedisLinks } from '../cluster/redis-links.js';
import { Presence, type PresenceChange, type PresenceList, type PresenceMember } from '../messaging/presence.js';
import { LocalMembers } from './local-members.js';
import { SharedRooms } from './shared-rooms.js';

const RUN_BYTES = 8;
/** Words that a run may lose before its time is over. */
const BEATS_PER_LIFE = 4;
/** Topics compared at once when a node comes back to Redis. */
const COMPARED_AT_ONCE = 100;

type Listener = (topic: string, change: PresenceChange) => void;

/**
 * Presence over the nodes that share a Redis. A run of a node says now and then that it lives, once for all its members; what a run has
 * that no longer says so is cleared away by one of the others. Each node remembers its own members: while Redis is away it answers with
 * them, and when Redis is back, perhaps with its memory lost, it compares and mends.
 */
export class RedisPresence extends Presence {
  private readonly logger = new Logger('Presence');
  private readonly local = new LocalMembers();
  private readonly rooms: SharedRooms;
  /** Topics that may stand otherwise at Redis than they are here. */
  private readonly unsure = new Set<string>();
  private listener: Listener = () => undefined;
  private timer: NodeJS.Timeout | undefined;
  private beating = false;
  private closed = false;

  /** @param livesMs how long a run that says nothing counts as living, in milliseconds. */
  constructor(
    private readonly links: RedisLinks,
    private readonly livesMs: number,
  ) {
    super();
    this.rooms = new SharedRooms(links, randomBytes(RUN_BYTES).toString('hex'));
    links.commands.on('up', () => void this.beat());
    void this.beat();
  }

  override async join(topic: string, member: PresenceMember): Promise<boolean> {
    const first = !this.local.has(topic);
    const hereFirst = this.local.join(topic, member);
    return (await this.tell(topic, () => this.joinThere(topic, member, first))) ?? hereFirst;
  }

  override async leave(topic: string, member: PresenceMember): Promise<boolean> {
    const hereLast = this.local.leave(topic, member);
    return (await this.tell(topic, () => this.leaveThere(topic, member.connectionId))) ?? hereLast;
  }

  override async list(topic: string, limit: number): Promise<PresenceList> {
    if (!this.links.commands.up) return this.local.list(topic, limit);
    try {
      return await this.rooms.list(topic, limit);
    } catch {
      return this.local.list(topic, limit);
    }
  }

  override listen(listener: Listener): void {
    this.listener = listener;
  }

  override async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    // Answered after everything that was sent before it.
    if (this.links.commands.up) await this.rooms.end().catch(() => undefined);
  }

  /** Undefined where it cannot be said now whether Redis did it: then it is compared later. */
  private async tell(topic: string, change: () => Promise<boolean>): Promise<boolean | undefined> {
    try {
      if (this.links.commands.up) return await change();
    } catch {
      // As if it was away.
    }
    this.unsure.add(topic);
    return undefined;
  }

  private async joinThere(topic: string, member: PresenceMember, first: boolean): Promise<boolean> {
    const [, joined] = await Promise.all([first ? this.rooms.enter([topic]) : undefined, this.rooms.join(topic, member)]);
    return joined;
  }

  private async leaveThere(topic: string, connectionId: string): Promise<boolean> {
    const [user] = await Promise.all([this.rooms.leave(topic, connectionId), this.local.has(topic) ? undefined : this.rooms.exit(topic)]);
    return user !== undefined;
  }

  private async beat(): Promise<void> {
    if (this.beating || this.closed) return;
    this.beating = true;
    clearTimeout(this.timer);
    try {
      if (this.links.commands.up) await this.sayAlive();
    } catch (error) {
      this.logger.warn(`presence is not kept up at Redis now: ${(error as Error).message}`);
    }
    this.beating = false;
    if (this.closed) return;
    this.timer = setTimeout(() => void this.beat(), this.livesMs / BEATS_PER_LIFE);
    this.timer.unref();
  }

  private async sayAlive(): Promise<void> {
    const { known, lost } = await this.rooms.beat(this.livesMs, this.livesMs);
    if (!known) for (const topic of this.local.topics) this.unsure.add(topic);
    await this.compareAll();
    if (lost !== undefined) await this.rooms.clear(lost, (topic, left) => this.listener(topic, { joined: [], left }));
  }

  private async compareAll(): Promise<void> {
    while (this.unsure.size > 0) {
      const topics = [...this.unsure].slice(0, COMPARED_AT_ONCE);
      for (const topic of topics) this.unsure.delete(topic);
      try {
        await this.rooms.enter(topics.filter((topic) => this.local.has(topic)));
        await Promise.all(topics.map((topic) => this.compare(topic)));
      } catch (error) {
        for (const topic of topics) this.unsure.add(topic);
        throw error;
      }
    }
  }

  /** Whoever is here and not there joins, and the other way round. Each step may be done twice without harm. */
  private async compare(topic: string): Promise<void> {
    const there = new Set(await this.rooms.connections(topic));
    const here = this.local.of(topic);
    if (here.size === 0) await this.rooms.exit(topic);
    const missing = [...here.values()].filter(({ connectionId }) => !there.has(connectionId));
    const gone = [...there].filter((connectionId) => !here.has(connectionId));
    const [joins, leaves] = await Promise.all([
      Promise.all(missing.map((member) => this.rooms.join(topic, member))),
      Promise.all(gone.map((connectionId) => this.rooms.leave(topic, connectionId))),
    ]);
    const joined = missing.filter((_member, index) => joins[index]).map(({ user }) => user);
    const left = leaves.filter((user) => user !== undefined);
    if (joined.length + left.length > 0) this.listener(topic, { joined, left });
  }
}
