import { Logger } from '@nestjs/common';
import type { NodeChannel } from '../cluster/node-channel.js';
import type { RedisLinks } from '../cluster/redis-links.js';
import { RedisScript } from '../cluster/redis-script.js';
import { type Session, type SessionMove, SessionStore, type SessionTaker, type TakenSession } from '../messaging/session-store.js';
import { Refusal } from '../protocol/refusal.js';
import { MemorySessionStore } from './memory-session-store.js';
import { isSessionId, newRun, newSessionId, runOf } from './session-id.js';
import { ownerPrefix, readSession, sessionText } from './session-text.js';

const RETRY_AFTER_MS = 1_000;
const MOVED = 'session.moved';
/** Successors that are followed: a client that lost so many answers in a row begins anew. */
const MOST_STEPS = 4;
/** Sessions of one command. */
const BATCH = 256;

/**
 * Takes a session out of its run, or answers who has taken it: KEYS are where its successor and where its run's sessions stand;
 * ARGV its id, how what its user may take begins, its successor's id, and how long that is remembered, in milliseconds.
 */
const TAKE = new RedisScript(
  'waybillTakeSession',
  2,
  `
local found = redis.call('get', KEYS[1])
local kind = 'successor'
if not found then
  found = redis.call('hget', KEYS[2], ARGV[1])
  kind = 'found'
end
if not found then return {'gone'} end
if string.sub(found, 1, #ARGV[2]) ~= ARGV[2] then return {'foreign'} end
if kind == 'found' then
  redis.call('set', KEYS[1], ARGV[2] .. ARGV[3], 'PX', ARGV[4])
  redis.call('hdel', KEYS[2], ARGV[1])
end
return {kind, found}`,
);

/**
 * Sessions in Redis. All those of one run of a node are fields of one hash, which lives by one lease: a heartbeat is one command, whatever
 * their number, and a node that is lost takes nothing along before the lease ends. While Redis is away the node still has its own that
 * have ended.
 */
export class RedisSessionStore extends SessionStore {
  override readonly isShared = true;
  private readonly logger = new Logger('Sessions');
  private readonly run = newRun();
  /** Those that ended here. */
  private readonly own: MemorySessionStore;
  /** Those of them that stand in Redis, oldest first, and when they are to go; on the clock of `performance.now()`. */
  private readonly kept = new Map<string, number>();
  private hasSaved = false;

  constructor(
    private readonly links: RedisLinks,
    private readonly channel: NodeChannel,
    private readonly expiryMs: number,
  ) {
    super();
    this.own = new MemorySessionStore(channel.node, expiryMs);
  }

  override newId(): string {
    return newSessionId(this.run);
  }

  override async save(sessions: readonly Session[]): Promise<void> {
    for (let index = 0; index < sessions.length; index += BATCH) await this.write(sessions.slice(index, index + BATCH));
  }

  override async keep(sessions: readonly Session[]): Promise<void> {
    await this.own.keep(sessions);
    const until = performance.now() + this.expiryMs;
    for (const { id } of sessions) this.kept.set(id, until);
    await this.save(sessions);
  }

  override async forget(ids: readonly string[]): Promise<void> {
    await this.own.forget(ids);
    for (const id of ids) this.kept.delete(id);
    if (ids.length > 0) await this.links.commands.client.hdel(this.sessionsOf(this.run), ...ids);
  }

  override async refresh(): Promise<boolean> {
    await this.own.refresh();
    await this.forget(this.expired());
    const lives = await this.links.commands.client.pexpire(this.sessionsOf(this.run), this.expiryMs);
    return lives === 1 || !this.hasSaved;
  }

  override async take(id: string, taker: SessionTaker): Promise<TakenSession> {
    if (!isSessionId(id)) return { kind: 'gone' };
    let taken: TakenSession;
    try {
      taken = await this.takeShared(id, taker);
    } catch (error) {
      this.logger.warn(`A session is looked for on this node alone: ${(error as Error).message}`);
      const own = await this.own.take(id, taker);
      if (own.kind === 'gone') throw unreachable();
      return own;
    }
    // It ended here while Redis was away, or is of no use here any more.
    const own = await this.own.take(id, taker);
    return taken.kind === 'gone' ? own : taken;
  }

  override whenMoved(listener: (move: SessionMove) => void): void {
    this.channel.on(MOVED, (word) => {
      const move = word as unknown as SessionMove;
      // What was saved of it since is not to stay behind.
      this.forget([move.session]).catch(() => undefined);
      listener(move);
    });
  }

  private async takeShared(id: string, taker: SessionTaker): Promise<TakenSession> {
    const { client } = this.links.commands;
    const owner = ownerPrefix(taker.user);
    let wanted = id;
    for (let step = 0; step < MOST_STEPS; step += 1) {
      const run = runOf(wanted);
      const keys = [this.successorOf(run, wanted), this.sessionsOf(run)] as const;
      const answer = (await TAKE.run(client, ...keys, wanted, owner, taker.id, this.expiryMs)) as readonly Buffer[];
      const [kind, text = ''] = answer.map(String);
      if (kind === 'gone' || kind === 'foreign') return { kind };
      if (kind === 'found') return this.found(wanted, text, taker);
      wanted = text.slice(owner.length);
    }
    return { kind: 'gone' };
  }

  private found(id: string, text: string, taker: SessionTaker): TakenSession {
    const session = readSession(id, text);
    const to = { node: this.channel.node, connection: taker.connection };
    const word = { session: id, connection: session.connection, to } satisfies SessionMove;
    // Whoever does not hear of it finds its connection dead by itself.
    this.channel.say(MOVED, word, session.node).catch(() => undefined);
    return { kind: 'found', session };
  }

  private async write(sessions: readonly Session[]): Promise<void> {
    const { node } = this.channel;
    const { client } = this.links.commands;
    const key = this.sessionsOf(this.run);
    this.hasSaved = true;
    await Promise.all([
      client.hset(key, ...sessions.flatMap((session) => [session.id, sessionText(session, node)])),
      client.pexpire(key, this.expiryMs),
    ]);
  }

  private expired(): readonly string[] {
    const now = performance.now();
    const expired: string[] = [];
    for (const [id, until] of this.kept) {
      if (until > now) break;
      expired.push(id);
    }
    return expired;
  }

  /** Both stand in one slot of a Redis Cluster. */
  private sessionsOf(run: string): string {
    return this.links.key('sessions', `{${run}}`);
  }

  private successorOf(run: string, id: string): string {
    return this.links.key('session', `{${run}}`, id);
  }
}

function unreachable(): Refusal {
  return new Refusal('UNAVAILABLE', 'sessions of other nodes cannot be read now: subscribe with your own positions', {
    retryAfterMs: RETRY_AFTER_MS,
  });
}
