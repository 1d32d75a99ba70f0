import { type Session, type SessionMove, SessionStore, type SessionTaker, type TakenSession } from '../messaging/session-store.js';
import { newRun, newSessionId } from './session-id.js';

/** Sessions kept at most after their connections ended; beyond it the oldest go first. */
const MOST_KEPT = 100_000;
/** Successors that are followed: a client that lost so many answers in a row begins anew. */
const MOST_STEPS = 4;

interface Entry {
  readonly session: Session;
  readonly store: MemorySessionStore;
  /** On the clock of `performance.now()`. */
  until: number;
}

interface Successor {
  readonly id: string;
  readonly user: string;
  readonly until: number;
}

/** What joins the sessions of several nodes in one process. */
export class MemorySessions {
  readonly open = new Map<string, Entry>();
  /** Of ended connections; those that go first, first. */
  readonly kept = new Map<string, Entry>();
  /** Of taken sessions, in the same order. */
  readonly successors = new Map<string, Successor>();
}

/** The sessions of a single node. Several stores on one `MemorySessions` behave like several nodes. */
export class MemorySessionStore extends SessionStore {
  override readonly isShared: boolean;
  private readonly all: MemorySessions;
  private readonly run = newRun();
  private listener: (move: SessionMove) => void = () => undefined;

  /** @param expiryMs how long a session outlives its last refresh, or its connection. */
  constructor(
    private readonly node: string,
    private readonly expiryMs: number,
    shared?: MemorySessions,
  ) {
    super();
    this.isShared = shared !== undefined;
    this.all = shared ?? new MemorySessions();
  }

  override newId(): string {
    return newSessionId(this.run);
  }

  override async save(sessions: readonly Session[]): Promise<void> {
    for (const session of sessions) if (!this.all.successors.has(session.id)) this.all.open.set(session.id, this.entryOf(session));
  }

  override async keep(sessions: readonly Session[]): Promise<void> {
    for (const session of sessions) {
      // Taken meanwhile: what its connection was still told is no longer its own.
      if (this.all.successors.has(session.id)) continue;
      this.drop(session.id);
      this.all.kept.set(session.id, this.entryOf(session));
    }
    this.dropExpired();
  }

  override async forget(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.drop(id);
  }

  override async refresh(): Promise<boolean> {
    for (const [id, entry] of this.all.open) {
      if (entry.store === this) entry.until = this.untilNow();
      else if (entry.until <= performance.now()) this.all.open.delete(id);
    }
    this.dropExpired();
    return true;
  }

  override async take(id: string, taker: SessionTaker): Promise<TakenSession> {
    this.dropExpired();
    let wanted = id;
    for (let step = 0; step < MOST_STEPS; step += 1) {
      const successor = this.all.successors.get(wanted);
      if (successor === undefined) return this.takeNow(wanted, taker);
      if (successor.user !== taker.user) return { kind: 'foreign' };
      wanted = successor.id;
    }
    return { kind: 'gone' };
  }

  override whenMoved(listener: (move: SessionMove) => void): void {
    this.listener = listener;
  }

  private takeNow(id: string, taker: SessionTaker): TakenSession {
    const entry = this.all.open.get(id) ?? this.all.kept.get(id);
    if (entry === undefined || entry.until <= performance.now()) return { kind: 'gone' };
    const { session, store } = entry;
    if (session.user !== taker.user) return { kind: 'foreign' };
    this.drop(id);
    this.all.successors.set(id, { id: taker.id, user: taker.user, until: this.untilNow() });
    const move = { session: id, connection: session.connection, to: { node: this.node, connection: taker.connection } };
    queueMicrotask(() => store.listener(move));
    return { kind: 'found', session: { ...session, node: store.node } };
  }

  private entryOf(session: Session): Entry {
    return { session, store: this, until: this.untilNow() };
  }

  private drop(id: string): void {
    this.all.open.delete(id);
    this.all.kept.delete(id);
  }

  private untilNow(): number {
    return performance.now() + this.expiryMs;
  }

  private dropExpired(): void {
    const { kept, successors } = this.all;
    for (const map of [kept, successors]) {
      for (const [id, { until }] of map) {
        if (until > performance.now() && map.size <= MOST_KEPT) break;
        map.delete(id);
      }
    }
  }
}
