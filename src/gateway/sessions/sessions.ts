import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Config } from '../../config/config.js';
import { type FoundSession, type Session, type SessionMove, SessionStore } from '../../messaging/session-store.js';
import { Refusal } from '../../protocol/refusal.js';
import { type SessionResult, Telemetry } from '../../telemetry/telemetry.js';
import { RecentlyClosed } from '../recently-closed.js';
import type { Connection } from '../ws/connection.js';
import { OpenSessions } from './open-sessions.js';
import { sessionOf } from './session-of.js';

/** Close codes from here on tell a client not to come back. */
const FINAL_CODES = 4_500;

/**
 * The sessions of this node's connections: what each is subscribed to and where it stands, kept for the one that its client opens next,
 * here or on another node.
 */
@Injectable()
export class Sessions implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger('Sessions');
  private readonly open: OpenSessions;
  private readonly areKept: boolean;
  private ended: Session[] = [];
  private keeping = Promise.resolve();

  constructor(
    private readonly store: SessionStore,
    private readonly closedLately: RecentlyClosed,
    private readonly telemetry: Telemetry,
    { messaging }: Config,
  ) {
    this.areKept = messaging.sessionExpiryMs > 0;
    this.open = new OpenSessions(store, messaging);
  }

  onModuleInit(): void {
    this.store.whenMoved((move) => this.moved(move));
    if (this.areKept && this.store.isShared) this.open.start();
  }

  async onApplicationShutdown(): Promise<void> {
    this.open.stop();
    await this.keeping;
  }

  /** A new session for a connection; undefined where it gets none. */
  begin(connection: Connection): string | undefined {
    const { kind } = connection.principal;
    // An operator's connection ends with what it was opened for, and the node's own is nobody's.
    if (!this.areKept || (kind !== 'user' && kind !== 'api_key')) return undefined;
    const id = this.store.newId();
    this.open.add(id, connection);
    return id;
  }

  /** It is subscribed to other topics than before. */
  changed(connection: Connection): void {
    if (connection.session !== undefined) this.open.changed(connection.session);
  }

  /** The connection begins to end: its session waits for the next one. */
  end(connection: Connection): void {
    const { session: id, closing } = connection;
    if (id === undefined || !this.open.remove(id)) return;
    if ((closing?.code ?? 0) >= FINAL_CODES) this.forget(id);
    else this.keep(sessionOf(id, connection));
  }

  /**
   * What the session of an earlier connection was subscribed to. From now on it is this connection's, and the earlier one ends if it is
   * still open. Rejects with `NOT_FOUND`, `PERMISSION_DENIED`, `UNAVAILABLE`; then nothing has changed.
   */
  async resume(connection: Connection, id: string): Promise<FoundSession> {
    const { session: successor } = connection;
    if (successor === undefined) throw Refusal.badRequest('data.session', 'this connection has no session of its own to go on with');
    if (successor === id) throw Refusal.badRequest('data.session', 'is the session of this connection; name that of the one before');
    const former = this.open.find(id);
    const found = await (former === undefined ? this.take(connection, id, successor) : this.takeOpen(connection, former, id, successor));
    this.telemetry.sessionResumed('resumed');
    connection.flight.note('session_resumed', `${found.node}, connection ${found.connection}`);
    return found;
  }

  /** Of an open connection of this node the newest is at hand, and does not need the others' help. */
  private async takeOpen(connection: Connection, former: Connection, id: string, successor: string): Promise<FoundSession> {
    if (former.principal.id !== connection.principal.id) throw this.refused('foreign');
    const session = sessionOf(id, former);
    try {
      await this.store.save([session]);
      return await this.take(connection, id, successor);
    } catch (error) {
      this.failed(error);
      const { node } = connection.services;
      this.moved({ session: id, connection: former.id, to: { node, connection: connection.id } });
      return { ...session, node };
    }
  }

  private async take(connection: Connection, id: string, successor: string): Promise<FoundSession> {
    const { id: user } = connection.principal;
    try {
      const taken = await this.store.take(id, { id: successor, user, connection: connection.id });
      if (taken.kind === 'found') return taken.session;
      throw this.refused(taken.kind);
    } catch (error) {
      if (error instanceof Refusal && error.code === 'UNAVAILABLE') this.telemetry.sessionResumed('unavailable');
      throw error;
    }
  }

  private refused(kind: Exclude<SessionResult, 'resumed' | 'unavailable'>): Refusal {
    this.telemetry.sessionResumed(kind);
    return kind === 'foreign'
      ? new Refusal('PERMISSION_DENIED', 'the session is of another user', { field: 'data.session', rule: 'session.user' })
      : new Refusal('NOT_FOUND', 'the session is not known, or has expired: subscribe with your own positions', { field: 'data.session' });
  }

  private moved({ session, connection: id, to }: SessionMove): void {
    const where = `${to.node}, connection ${to.connection}`;
    const connection = this.open.find(session);
    if (connection === undefined) return this.closedLately.amend(id, { at: Date.now(), kind: 'session_moved', detail: where });
    this.open.remove(session);
    connection.flight.note('session_moved', where);
    connection.close('REPLACED', `its session went on at ${to.node}`);
  }

  /** With others that end in the same turn: a node that is emptied ends thousands. */
  private keep(session: Session): void {
    this.ended.push(session);
    if (this.ended.length > 1) return;
    setImmediate(() => {
      const { ended } = this;
      this.ended = [];
      this.keeping = this.keeping.then(() => this.store.keep(ended)).catch((error: unknown) => this.failed(error));
    });
  }

  private forget(id: string): void {
    this.store.forget([id]).catch((error: unknown) => this.failed(error));
  }

  /** Its client names its positions itself then. */
  private failed(error: unknown): void {
    this.logger.debug(`Sessions could not be kept for other nodes: ${(error as Error).message}`);
  }
}
