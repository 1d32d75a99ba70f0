import type { PresenceList, PresenceMember } from '../messaging/presence.js';
import { MemoryPresence } from './memory-presence.js';

/** Who is in which topic by a connection to this node. */
export class LocalMembers {
  private readonly presence = new MemoryPresence();
  private readonly rooms = new Map<string, Map<string, PresenceMember>>();

  get topics(): Iterable<string> {
    return this.rooms.keys();
  }

  has(topic: string): boolean {
    return this.rooms.has(topic);
  }

  /** By connection. */
  of(topic: string): ReadonlyMap<string, PresenceMember> {
    return this.rooms.get(topic) ?? new Map<string, PresenceMember>();
  }

  /** Answers whether the user had no connection here before. */
  join(topic: string, member: PresenceMember): Promise<boolean> {
    const room = this.rooms.get(topic) ?? new Map<string, PresenceMember>();
    this.rooms.set(topic, room);
    room.set(member.connectionId, member);
    return this.presence.join(topic, member);
  }

  /** Answers whether the user has none left here. */
  leave(topic: string, member: PresenceMember): Promise<boolean> {
    const room = this.rooms.get(topic);
    if (room?.delete(member.connectionId) === true && room.size === 0) this.rooms.delete(topic);
    return this.presence.leave(topic, member);
  }

  async list(topic: string, limit: number): Promise<PresenceList> {
    return { ...(await this.presence.list(topic, limit)), partial: true };
  }
}
