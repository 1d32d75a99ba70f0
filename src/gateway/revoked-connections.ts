import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { closeReasonBy, inWords, type Revocation } from '../auth/revocation.js';
import { Revocations } from '../auth/revocations.js';
import { EventBus } from '../messaging/event-bus.js';
import type { EventStream } from './http/event-stream.js';
import { EventStreams } from './http/event-streams.js';
import { Connection } from './ws/connection.js';
import { ConnectionRegistry } from './ws/registry.js';

/** Connections closed in one turn of the loop: a rule about everyone must not stop the node for those who are let in anew. */
const CLOSED_AT_ONCE = 500;

/**
 * Closes what is open in the name of a credential that was revoked: at once when the rule becomes known here, and at the opening, for a
 * credential that was revoked between its check and then.
 */
@Injectable()
export class RevokedConnections implements OnModuleInit {
  private readonly logger = new Logger('Revocations');

  constructor(
    private readonly revocations: Revocations,
    private readonly registry: ConnectionRegistry,
    private readonly streams: EventStreams,
    private readonly events: EventBus,
  ) {}

  onModuleInit(): void {
    this.revocations.onRule((rule) => void this.apply(rule));
    this.events.on('connection.opened', ({ id }) => this.judge(id));
  }

  private async apply(rule: Revocation): Promise<void> {
    let closed = 0;
    for (const connection of [...this.registry.all(), ...this.streams.running()]) {
      if (!this.end(connection)) continue;
      closed += 1;
      if (closed % CLOSED_AT_ONCE === 0) await nextTurn();
    }
    if (rule.kind === 'renewed') return;
    this.logger.log({ event: 'revocation.applied', kind: rule.kind, revocation_id: rule.id, closed, what: inWords(rule) });
  }

  /** Waits until the opening is over: what follows in it must find the connection open. */
  private judge(id: string): void {
    const connection = this.registry.find(id) ?? this.streams.find(id);
    if (connection === undefined || this.revocations.endOf(connection.principal) === undefined) return;
    setImmediate(() => this.end(connection));
  }

  private end(connection: Connection | EventStream): boolean {
    if (connection instanceof Connection && !connection.isAuthenticated) return false;
    const rule = this.revocations.endOf(connection.principal);
    if (rule === undefined) return false;
    const reason = closeReasonBy(rule);
    // A device that lost a key comes back with its other one.
    const close = rule.kind === 'device_key' ? 'TOKEN_EXPIRED' : 'FORBIDDEN';
    if (connection instanceof Connection) connection.close(close, reason);
    else connection.end(close, { reason });
    return true;
  }
}
