import { Injectable, Logger } from '@nestjs/common';
import { Config } from '../config/config.js';
import { encodeServerFrame } from '../protocol/codec.js';
import { Hub } from './hub.js';
import { Presence } from './presence.js';

/** Users named in one frame. */
const FRAME_USERS = 200;

interface Changes {
  readonly joined: Set<string>;
  readonly left: Set<string>;
  readonly timer: NodeJS.Timeout;
}

/**
 * Pushes `presence.join` and `presence.leave` to a topic's subscribers on all nodes. Changes gather for a while, and a user who comes and
 * goes within it is not mentioned; above a number of users nothing is pushed, since every push goes to everybody.
 */
@Injectable()
export class PresenceAnnouncer {
  private readonly logger = new Logger(PresenceAnnouncer.name);
  private readonly topics = new Map<string, Changes>();

  constructor(
    private readonly hub: Hub,
    private readonly presence: Presence,
    private readonly config: Config,
  ) {
    presence.listen((topic, { joined, left }) => {
      for (const user of joined) this.joined(topic, user);
      for (const user of left) this.left(topic, user);
    });
  }

  /** Topics with changes that wait to be pushed. */
  get waiting(): number {
    return this.topics.size;
  }

  joined(topic: string, user: string): void {
    const { joined, left } = this.changesOf(topic);
    if (!left.delete(user)) joined.add(user);
  }

  left(topic: string, user: string): void {
    const { joined, left } = this.changesOf(topic);
    if (!joined.delete(user)) left.add(user);
  }

  close(): void {
    for (const { timer } of this.topics.values()) clearTimeout(timer);
    this.topics.clear();
  }

  private changesOf(topic: string): Changes {
    const existing = this.topics.get(topic);
    if (existing !== undefined) return existing;
    const timer = setTimeout(() => void this.push(topic), this.config.messaging.presenceCoalesceMs);
    timer.unref();
    const changes = { joined: new Set<string>(), left: new Set<string>(), timer };
    this.topics.set(topic, changes);
    return changes;
  }

  private async push(topic: string): Promise<void> {
    const changes = this.topics.get(topic);
    this.topics.delete(topic);
    if (changes === undefined || changes.joined.size + changes.left.size === 0) return;
    try {
      const { users, connections } = await this.presence.list(topic, 0);
      const most = this.config.messaging.presencePushMembers;
      if (most === 0 || users > most) return;
      const counts = { users_count: users, connections_count: connections };
      this.tell(topic, 'presence.join', [...changes.joined], counts);
      this.tell(topic, 'presence.leave', [...changes.left], counts);
    } catch (error) {
      this.logger.warn(`${topic}: joins and leaves are not pushed: ${(error as Error).message}`);
    }
  }

  private tell(
    topic: string,
    action: string,
    users: readonly string[],
    counts: { readonly users_count: number; readonly connections_count: number },
  ): void {
    for (let index = 0; index < users.length; index += FRAME_USERS) {
      const data = { users: users.slice(index, index + FRAME_USERS), ...counts };
      this.hub.announce(topic, encodeServerFrame(action, data, { topic }));
    }
  }
}
