import type { RedisLinks } from '../cluster/redis-links.js';
import type { PresenceList, PresenceMember } from '../messaging/presence.js';
import { BEAT, EVICT, JOIN, LEAVE, LIST } from './presence-scripts.js';

/** Connections of a lost run that are taken out of a topic in one step, and topics looked at in one. */
const EVICTED_AT_ONCE = 500;
const TOPICS_AT_ONCE = 100;

export interface Beat {
  /** Whether Redis knew this run: it does not know the first word of a run, and none after it lost its memory. */
  readonly known: boolean;
  /** A run that is this node's to clear away. */
  readonly lost: string | undefined;
}

/** Who is in which topic, as it stands at Redis. Every method rejects with what Redis or the connection says. */
export class SharedRooms {
  private readonly runs: string;

  constructor(
    private readonly links: RedisLinks,
    /** Name of this start of this node, that no other start has. */
    private readonly run: string,
  ) {
    this.runs = links.key('runs');
  }

  /** Answers whether the user was not there before. */
  async join(topic: string, { connectionId, user, node, joinedAt }: PresenceMember): Promise<boolean> {
    return (await JOIN.run(this.client, ...this.keysOf(topic), connectionId, user, node, joinedAt)) === 1;
  }

  /** Answers the user where none of their connections is left. */
  async leave(topic: string, connectionId: string): Promise<string | undefined> {
    const user = await LEAVE.run(this.client, ...this.keysOf(topic), connectionId);
    return Buffer.isBuffer(user) ? user.toString() : undefined;
  }

  async list(topic: string, limit: number): Promise<PresenceList> {
    const [connections, users, ...lines] = (await LIST.run(this.client, ...this.keysOf(topic), limit)) as [number, number, ...Buffer[]];
    const members: PresenceMember[] = [];
    for (let index = 0; index < lines.length; index += 2) members.push(memberOf(lines[index], lines[index + 1]));
    return { members, connections, users };
  }

  /** Connections that this run has in a topic there. */
  connections(topic: string): Promise<readonly string[]> {
    return this.client.smembers(this.keyOfRun(topic, this.run));
  }

  /** Says of topics that this run has somebody there, so that whoever clears it away finds them. */
  async enter(topics: readonly string[]): Promise<void> {
    if (topics.length > 0) await this.client.sadd(this.topicsOf(this.run), ...topics);
  }

  async exit(topic: string): Promise<void> {
    await this.client.srem(this.topicsOf(this.run), topic);
  }

  async beat(livesMs: number, claimedMs: number): Promise<Beat> {
    const [known, lost] = (await BEAT.run(this.client, this.runs, this.run, livesMs, claimedMs)) as [number, Buffer | undefined];
    return { known: known === 1, lost: lost?.toString() };
  }

  /** Takes a lost run out of all its topics; `left` is told who went with it. */
  async clear(run: string, left: (topic: string, users: readonly string[]) => void): Promise<void> {
    for (;;) {
      const topics = await this.client.srandmember(this.topicsOf(run), TOPICS_AT_ONCE);
      if (topics.length === 0) break;
      await Promise.all(topics.map((topic) => this.evict(topic, run, left)));
      await this.client.srem(this.topicsOf(run), ...topics);
    }
    await this.client.zrem(this.runs, run);
  }

  /** This run is over: whatever it has left is cleared away by the next that lives. */
  async end(): Promise<void> {
    await this.client.zadd(this.runs, 0, this.run);
  }

  private async evict(topic: string, run: string, left: (topic: string, users: readonly string[]) => void): Promise<void> {
    for (let more = 1; more > 0;) {
      const [rest, ...users] = (await EVICT.run(this.client, ...this.keysOf(topic, run), EVICTED_AT_ONCE)) as [number, ...Buffer[]];
      more = rest;
      if (users.length > 0) left(topic, users.map(String));
    }
  }

  private get client(): RedisLinks['commands']['client'] {
    return this.links.commands.client;
  }

  private keysOf(topic: string, run = this.run): readonly string[] {
    const room = this.links.topicKey('presence', topic);
    return [`${room}:members`, `${room}:order`, `${room}:users`, this.keyOfRun(topic, run)];
  }

  private keyOfRun(topic: string, run: string): string {
    return `${this.links.topicKey('presence', topic)}:run:${run}`;
  }

  private topicsOf(run: string): string {
    return this.links.key('run', run, 'topics');
  }
}

function memberOf(connection: Buffer | undefined, who: Buffer | undefined): PresenceMember {
  const [user = '', node = '', joinedAt = '0'] = String(who).split('\n');
  return { connectionId: String(connection), user, node, joinedAt: Number(joinedAt) };
}
