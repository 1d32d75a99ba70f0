import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { OperatorSessions } from '../auth/operators/operator-sessions.js';
import { EventBus } from '../messaging/event-bus.js';
import type { Connection } from './ws/connection.js';
import { ConnectionRegistry } from './ws/registry.js';

/** How soon a session that was ended on another node, or was not used for too long, ends its connections here. */
const LOOK_EVERY_MS = 2_000;
/** As long as a session is believed while the database is away. */
const UNCONFIRMED_MS = 900_000;

interface Watched {
  readonly connections: Set<Connection>;
  /** When the session was last known to go on; on the monotonic clock. */
  confirmedAt: number;
}

/** Operators' connections end with the session that opened them: signed out, idle for too long, or its account changed, disabled or removed. */
@Injectable()
export class OperatorConnections implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(OperatorConnections.name);
  /** By the session's digest. */
  private readonly watched = new Map<string, Watched>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly sessions: OperatorSessions,
    private readonly registry: ConnectionRegistry,
    private readonly events: EventBus,
  ) {}

  onModuleInit(): void {
    this.events.on('connection.opened', ({ id }) => this.opened(id));
    this.events.on('connection.closed', ({ connection }) => this.closed(connection.id));
    this.sessions.onEnd(() => void this.look());
    this.timer = setInterval(() => void this.look(), LOOK_EVERY_MS);
    this.timer.unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  private opened(id: string): void {
    const connection = this.registry.find(id);
    const session = connection?.isAuthenticated === true ? connection.principal.session : undefined;
    if (connection === undefined || session === undefined) return;
    const watched = this.watched.get(session) ?? { connections: new Set(), confirmedAt: performance.now() };
    watched.connections.add(connection);
    this.watched.set(session, watched);
    // It may have ended since the ticket was looked at.
    void this.judge(session, watched);
  }

  private closed(id: string): void {
    for (const [session, { connections }] of this.watched) {
      for (const connection of connections) if (connection.id === id) connections.delete(connection);
      if (connections.size === 0) this.watched.delete(session);
    }
  }

  private async look(): Promise<void> {
    await Promise.all([...this.watched].map(([session, watched]) => this.judge(session, watched)));
  }

  private async judge(session: string, watched: Watched): Promise<void> {
    try {
      if (await this.sessions.goesOn(session)) {
        watched.confirmedAt = performance.now();
        return;
      }
    } catch (error) {
      if (performance.now() - watched.confirmedAt < UNCONFIRMED_MS) return;
      this.logger.warn(`whether an operator's session goes on has not been known for too long: ${(error as Error).message}`);
    }
    // Whoever has signed in again meanwhile gets another ticket; nobody else does.
    for (const connection of watched.connections) connection.close('TOKEN_EXPIRED', 'the session of this operator is over');
  }
}
