import { Presence, type PresenceList, type PresenceMember } from '../messaging/presence.js';

interface Room {
  /** By connection, oldest first. */
  readonly members: Map<string, PresenceMember>;
  /** Connections of each user. */
  readonly users: Map<string, number>;
}

/** Presence of a single node. */
export class MemoryPresence extends Presence {
  private readonly rooms = new Map<string, Room>();

  override async join(topic: string, member: PresenceMember): Promise<boolean> {
    const room = this.rooms.get(topic) ?? this.open(topic);
    if (room.members.has(member.connectionId)) return false;
    room.members.set(member.connectionId, member);
    const connections = (room.users.get(member.user) ?? 0) + 1;
    room.users.set(member.user, connections);
    return connections === 1;
  }

  override async leave(topic: string, member: PresenceMember): Promise<boolean> {
    const room = this.rooms.get(topic);
    if (room === undefined || !room.members.delete(member.connectionId)) return false;
    const connections = (room.users.get(member.user) ?? 1) - 1;
    if (connections > 0) room.users.set(member.user, connections);
    else room.users.delete(member.user);
    if (room.members.size === 0) this.rooms.delete(topic);
    return connections === 0;
  }

  override async list(topic: string, limit: number): Promise<PresenceList> {
    const room = this.rooms.get(topic);
    if (room === undefined) return { members: [], connections: 0, users: 0 };
    return { members: [...room.members.values()].slice(0, limit), connections: room.members.size, users: room.users.size };
  }

  /** Nothing changes here but by calls. */
  override listen(): void {}

  override async close(): Promise<void> {
    this.rooms.clear();
  }

  private open(topic: string): Room {
    const room: Room = { members: new Map(), users: new Map() };
    this.rooms.set(topic, room);
    return room;
  }
}
