import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, IsNull, LessThan, MoreThan, Not, Repository } from 'typeorm';
import { Nudges } from '../../cluster/nudges.js';
import { Config } from '../../config/config.js';
import { Refusal } from '../../protocol/refusal.js';
import { Telemetry } from '../../telemetry/telemetry.js';
import { inTime } from '../in-time.js';
import { LruMap } from '../lru-map.js';
import type { Principal } from '../principal.js';
import { storageTrouble } from '../storage-trouble.js';
import type { Operator } from './operator.entity.js';
import { operatorPrincipal } from './operator-rights.js';
import { OperatorSession } from './operator-session.entity.js';
import { csrfTokenOf, isSessionSecret, makeSessionSecret, sessionHash } from './session-secret.js';

/** How long an answer of the database is good for: the longest that a session ended on another node goes on working. */
const FRESH_MS = 1_000;
/** How long a session that was good is believed while the database is away. */
const WITHOUT_DATABASE_MS = 900_000;
const PATIENCE_MS = 500;
const LONGEST_WAIT_MS = 2_500;
const ASK_AGAIN_MS = 5_000;
const REMEMBERED = 1_000;
/** Sessions that are being looked up at once; a flood of invented cookies must not take the database from the publishers. */
const MOST_QUESTIONS = 16;
const USE_NOTED_EVERY_MS = 60_000;
/** How long sessions are kept after their end: for so long an operator's address is known again. */
const KEPT_MS = 30 * 86_400_000;
const MS_PER_SECOND = 1_000;

/** Where somebody signs in from. */
export interface SignInPlace {
  readonly address: string;
  /** What limits count as one address. */
  readonly group: string;
}

/** A session as its own operator sees it. Times are milliseconds since the epoch. */
export interface SessionView {
  readonly principal: Principal;
  readonly expiresAt: number;
  /** When it ends if it is not used again. */
  readonly idleAt: number;
  readonly csrfToken: string;
}

interface Known {
  readonly operatorId: string;
  readonly principal: Principal;
  readonly expiresAt: number;
  lastSeenAt: number;
  notedAt: number;
  /** On the monotonic clock, both. */
  freshUntil: number;
  readonly holdsUntil: number;
}

/** Sessions of operators who signed in. Every method that asks the database rejects with `UNAVAILABLE` where it does not answer. */
@Injectable()
export class OperatorSessions implements OnModuleInit {
  private readonly known = new LruMap<Known>(REMEMBERED);
  private readonly underWay = new Map<string, Promise<Known | undefined>>();
  private readonly idleMs: number;
  private readonly longestMs: number;
  private readonly listeners: (() => void)[] = [];
  private endings = 0;

  constructor(
    @InjectRepository(OperatorSession) private readonly repository: Repository<OperatorSession>,
    private readonly telemetry: Telemetry,
    config: Config,
    private readonly nudges: Nudges,
  ) {
    this.idleMs = config.operators.sessionIdleSeconds * MS_PER_SECOND;
    this.longestMs = config.operators.sessionMaxSeconds * MS_PER_SECOND;
  }

  onModuleInit(): void {
    this.nudges.on('operator_sessions', () => this.endedElsewhere());
  }

  /** Begins a session; the answer is the only time that its secret is seen. Removes what is long over. */
  async begin(account: Operator, { address, group }: SignInPlace): Promise<{ readonly secret: string; readonly view: SessionView }> {
    const secret = makeSessionSecret();
    const now = new Date();
    const expiresAt = new Date(now.getTime() + this.longestMs);
    const hash = sessionHash(secret);
    const row = { operatorId: account.id, address, addressGroup: group, createdAt: now, lastSeenAt: now, expiresAt, endedAt: null };
    await orTrouble(this.repository.delete({ expiresAt: LessThan(new Date(now.getTime() - KEPT_MS)) }));
    await orTrouble(this.repository.insert({ hash, ...row }));
    const principal = operatorPrincipal(account.name, account.role, expiresAt.getTime(), hash);
    return { secret, view: this.viewOf(secret, principal, now.getTime()) };
  }

  /** Whose session a secret is; counts as its use unless `isUse` says otherwise. Rejects with `UNAUTHENTICATED` where it is not known or over. */
  async find(secret: string, isUse = true): Promise<Principal> {
    return (await this.live(secret, isUse)).principal;
  }

  /** As `find`, with when it ends. */
  async view(secret: string, isUse = true): Promise<SessionView> {
    const { principal, lastSeenAt } = await this.live(secret, isUse);
    return this.viewOf(secret, principal, lastSeenAt);
  }

  /** Whether a session goes on, by its digest; asking is no use of it. Rejects with `UNAVAILABLE` where that cannot be known. */
  async goesOn(hash: string): Promise<boolean> {
    const known = await this.knownOf(hash);
    return known !== undefined && !this.isOver(known, Date.now());
  }

  /** Calls the listener whenever sessions were ended, on this node or on another that said so. */
  onEnd(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Ends one session; harmless where there is none. */
  async end(secret: string): Promise<void> {
    if (!isSessionSecret(secret)) return;
    const hash = sessionHash(secret);
    await orTrouble(this.repository.update({ hash, endedAt: IsNull() }, { endedAt: new Date() }));
    this.known.delete(hash);
    this.ended();
    this.nudges.tell('operator_sessions');
  }

  /** Ends every session of an account, in the caller's transaction; `forget` must follow its commit. `except`: the secret of one that goes on. */
  async endAllOf(operatorId: string, manager: EntityManager, except?: string): Promise<void> {
    const others = except === undefined ? {} : { hash: Not(sessionHash(except)) };
    await manager.update(OperatorSession, { operatorId, endedAt: IsNull(), ...others }, { endedAt: new Date() });
  }

  /** From now on this process asks the database again about every session of an account. */
  forget(operatorId: string): void {
    for (const [hash, { operatorId: owner }] of this.known.all()) if (owner === operatorId) this.known.delete(hash);
    this.ended();
    this.nudges.tell('operator_sessions');
  }

  /** Whether this operator signed in from here within the last month. */
  isKnownAt(operatorId: string, { group }: SignInPlace): Promise<boolean> {
    const since = MoreThan(new Date(Date.now() - KEPT_MS));
    return orTrouble(this.repository.existsBy({ operatorId, addressGroup: group, createdAt: since }));
  }

  private viewOf(secret: string, principal: Principal, lastSeenAt: number): SessionView {
    const expiresAt = principal.expiresAt ?? Infinity;
    return { principal, expiresAt, idleAt: Math.min(expiresAt, lastSeenAt + this.idleMs), csrfToken: csrfTokenOf(secret) };
  }

  private async live(secret: string, isUse: boolean): Promise<Known> {
    if (!isSessionSecret(secret)) throw refused();
    const hash = sessionHash(secret);
    const known = await this.knownOf(hash);
    const now = Date.now();
    if (known === undefined || this.isOver(known, now)) {
      this.known.delete(hash);
      throw refused();
    }
    if (!isUse) return known;
    known.lastSeenAt = now;
    this.noteUse(hash, known, now);
    return known;
  }

  private isOver({ expiresAt, lastSeenAt }: Known, now: number): boolean {
    return now >= expiresAt || now >= lastSeenAt + this.idleMs;
  }

  /** Which ones is not said: the database is asked about each, and those that it cannot be asked about go on as before. */
  private endedElsewhere(): void {
    for (const [, known] of this.known.all()) known.freshUntil = 0;
    this.ended();
  }

  private ended(): void {
    this.endings += 1;
    for (const listener of this.listeners) listener();
  }

  private async knownOf(hash: string): Promise<Known | undefined> {
    const known = this.known.get(hash);
    const isFresh = known !== undefined && performance.now() < known.freshUntil;
    this.telemetry.cacheRequest('operator_session', isFresh ? 'hit' : 'miss');
    if (known === undefined) return inTime(this.ask(hash), LONGEST_WAIT_MS);
    if (isFresh) return known;
    try {
      return await inTime(this.ask(hash), PATIENCE_MS);
    } catch (error) {
      const isAway = error instanceof Refusal && error.code === 'UNAVAILABLE';
      if (!isAway || performance.now() >= known.holdsUntil) throw error;
      known.freshUntil = performance.now() + ASK_AGAIN_MS;
      return known;
    }
  }

  private ask(hash: string): Promise<Known | undefined> {
    const already = this.underWay.get(hash);
    if (already !== undefined) return already;
    if (this.underWay.size >= MOST_QUESTIONS) return Promise.reject(overloaded());
    const asked = this.read(hash).finally(() => this.underWay.delete(hash));
    this.underWay.set(hash, asked);
    return asked;
  }

  private async read(hash: string): Promise<Known | undefined> {
    const began = performance.now();
    const endings = this.endings;
    const row = await orTrouble(this.repository.findOne({ where: { hash, endedAt: IsNull() }, relations: { operator: true } })).finally(
      () => this.telemetry.databaseOperation('operator_session', performance.now() - began),
    );
    const operator = row?.operator;
    if (row === null || operator === undefined || operator.disabledAt !== null) {
      this.known.delete(hash);
      return undefined;
    }
    const now = performance.now();
    const lastSeenAt = Math.max(row.lastSeenAt.getTime(), this.known.get(hash)?.lastSeenAt ?? 0);
    const known: Known = {
      operatorId: operator.id,
      principal: operatorPrincipal(operator.name, operator.role, row.expiresAt.getTime(), hash),
      expiresAt: row.expiresAt.getTime(),
      lastSeenAt,
      notedAt: row.lastSeenAt.getTime(),
      freshUntil: now + FRESH_MS,
      holdsUntil: now + WITHOUT_DATABASE_MS,
    };
    // A session that was ended since the question was sent must not come back by the older answer.
    if (endings === this.endings) this.known.set(hash, known);
    return known;
  }

  /** A mark that is lost does no harm: the next use sets it again. */
  private noteUse(hash: string, known: Known, now: number): void {
    if (now - known.notedAt < Math.min(USE_NOTED_EVERY_MS, this.idleMs / 4)) return;
    known.notedAt = now;
    const lastSeenAt = new Date(now);
    // Two of them may overtake one another on their way; the time never goes back.
    this.repository.update({ hash, endedAt: IsNull(), lastSeenAt: LessThan(lastSeenAt) }, { lastSeenAt }).catch(() => undefined);
  }
}

function refused(): Refusal {
  return new Refusal('UNAUTHENTICATED', 'The session is not known or is over; sign in again with POST /api/v1/ops/session.');
}

function overloaded(): Refusal {
  return new Refusal('UNAVAILABLE', 'Too many sessions are being looked up at once.', { retryAfterMs: 1_000 });
}

async function orTrouble<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw storageTrouble(error, 'Operators cannot be looked up or changed now');
  }
}
