import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { Authenticator, type Credentials } from '../../auth/authenticator.js';
import type { Principal } from '../../auth/principal.js';
import { isRevocation } from '../../auth/revocation.js';
import { requireSameUser } from '../../auth/same-user.js';
import { Subscriptions } from '../../messaging/subscriptions.js';
import { Refusal } from '../../protocol/refusal.js';
import { callerOf, reportRefusal } from '../refused.js';
import { AUTH_ACTION } from '../ws/action.js';
import { Barrier } from '../ws/barrier.js';
import type { CommandContext } from '../ws/command-context.js';
import type { Connection } from '../ws/connection.js';
import { requireFields, requireText } from './fields.js';

/** `auth`, for clients that could not send their token with the upgrade and for devices, and `auth.refresh`. */
@WebSocketGateway()
export class AuthGateway {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly subscriptions: Subscriptions,
  ) {}

  @Barrier()
  @SubscribeMessage(AUTH_ACTION)
  async authenticate(connection: Connection, data: unknown, context: CommandContext): Promise<unknown> {
    if (connection.isAuthenticated) throw new Refusal('BAD_REQUEST', 'this connection is authenticated; renew its token with auth.refresh');
    const credentials = credentialsOf(data, connection);
    const principal = await this.admit(credentials, connection, context);
    context.afterReply(() => connection.open(principal, credentials.kind === 'device' ? 'device' : 'frame'));
    return { user: principal.id, roles: principal.roles, expires_at: principal.expiresAt };
  }

  @Barrier()
  @SubscribeMessage('auth.refresh')
  async refresh(connection: Connection, data: unknown, context: CommandContext): Promise<unknown> {
    const principal = await this.authenticator.authenticate(credentialsOf(data, connection));
    requireSameUser(connection.principal, principal);
    // A connection that ended meanwhile keeps what it had.
    if (connection.state !== 'open') return undefined;
    connection.hold(principal);
    connection.flight.note('refreshed');
    const dropped = this.subscriptions.recheck(connection);
    for (const { topic, refusal } of dropped) {
      connection.flight.refused('subscribe', refusal, topic);
      reportRefusal(connection.services.telemetry, refusal, {
        kind: 'subscribe',
        topic,
        traceId: context.traceId,
        ...callerOf(connection.facts),
      });
    }
    context.afterReply(() => {
      for (const { topic, refusal } of dropped) connection.push('topic.unsubscribed', { topic, code: refusal.code });
    });
    return { expires_at: principal.expiresAt };
  }

  /** A token or answer that will never do ends the connection, after the reply has said why. */
  private async admit(credentials: Credentials, connection: Connection, context: CommandContext): Promise<Principal> {
    let principal: Principal | undefined;
    try {
      principal = await this.authenticator.authenticate(credentials);
      connection.origin.place.claim(principal);
      await connection.origin.place.agreed();
      return principal;
    } catch (error) {
      const code = error instanceof Refusal ? error.code : undefined;
      if (error instanceof Refusal && isRevocation(error)) context.afterReply(() => connection.close('FORBIDDEN'));
      else if (code === 'UNAUTHENTICATED') context.afterReply(() => connection.close('INVALID_TOKEN'));
      if (code === 'TOKEN_EXPIRED') context.afterReply(() => connection.close('TOKEN_EXPIRED'));
      if (code === 'LIMIT_EXCEEDED') context.afterReply(() => connection.close('CONNECTION_LIMIT'));
      throw error instanceof Refusal ? error.concerning(principal?.id) : error;
    }
  }
}

/** A token, or the answer of a device to a challenge of this very socket. */
function credentialsOf(data: unknown, connection: Connection): Credentials {
  const fields = requireFields(data);
  if (fields['device'] === undefined) return { kind: 'token', token: requireText(fields['token'], 'data.token'), method: 'frame' };
  return {
    kind: 'device',
    device: requireText(fields['device'], 'data.device'),
    nonce: requireText(fields['nonce'], 'data.nonce'),
    proof: requireText(fields['proof'], 'data.proof'),
    connection: connection.id,
  };
}
