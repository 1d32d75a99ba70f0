import { Injectable, Logger } from '@nestjs/common';
import type { ErrorCode } from '../protocol/error-codes.js';
import { Refusal } from '../protocol/refusal.js';
import { Telemetry } from '../telemetry/telemetry.js';
import { ApiKeyLookup } from './api-key-lookup.js';
import { Authenticator, type Credentials } from './authenticator.js';
import type { CertificateIdentity } from './certificate-identity.js';
import { DeviceAuthentication } from './devices/device-authentication.js';
import { OperatorSessions } from './operators/operator-sessions.js';
import { NO_GRANTS, type Principal } from './principal.js';
import { Revocations } from './revocations.js';
import { Tickets } from './tickets.js';
import { TokenVerification } from './token-verification.js';

const RETRY_AFTER_MS = 1_000;

/** Tokens, tickets, API keys, client certificates, the answers of devices, and the sessions of operators. */
@Injectable()
export class WaybillAuthenticator extends Authenticator {
  private readonly logger = new Logger(WaybillAuthenticator.name);

  constructor(
    private readonly tokens: TokenVerification,
    private readonly tickets: Tickets,
    private readonly apiKeys: ApiKeyLookup,
    private readonly revocations: Revocations,
    private readonly telemetry: Telemetry,
    private readonly devices: DeviceAuthentication,
    private readonly sessions: OperatorSessions,
  ) {
    super();
  }

  async authenticate(credentials: Credentials, address?: string): Promise<Principal> {
    const began = performance.now();
    let result: ErrorCode = 'OK';
    try {
      return await this.principalOf(credentials, address);
    } catch (error) {
      const refusal = this.refusalOf(error);
      result = refusal.code;
      throw refusal;
    } finally {
      this.telemetry.authenticated(credentials.kind === 'token' ? credentials.method : credentials.kind, result, performance.now() - began);
    }
  }

  private async principalOf(credentials: Credentials, address: string | undefined): Promise<Principal> {
    switch (credentials.kind) {
      case 'token':
        return (await this.tokens.verify(credentials.token)).principal;
      case 'ticket':
        return this.spend(credentials.ticket);
      case 'api_key':
        return this.apiKeys.find(credentials.key, address);
      case 'certificate':
        return this.ofCertificate(credentials.identity);
      case 'session':
        return this.sessions.find(credentials.secret, credentials.background !== true);
      case 'device':
        return (await this.tokens.verify((await this.devices.answer(credentials)).token)).principal;
    }
  }

  private async spend(ticket: string): Promise<Principal> {
    const principal = await this.tickets.spend(ticket);
    if (principal === undefined)
      throw new Refusal('UNAUTHENTICATED', 'The ticket is not known, was used before, or is too old; get a new one.');
    if (Date.now() >= (principal.expiresAt ?? Infinity))
      throw new Refusal('TOKEN_EXPIRED', 'The token that the ticket was made with has expired; get a new one.');
    this.revocations.require(principal);
    if (principal.session !== undefined && !(await this.sessions.goesOn(principal.session)))
      throw new Refusal('UNAUTHENTICATED', 'The session that the ticket was made with is over; sign in again.');
    return principal;
  }

  /** A user without grants of their own: what namespaces give to anyone, and their own messages. */
  private ofCertificate({ id, isUser, expiresAt }: CertificateIdentity): Principal {
    if (!isUser) throw new Refusal('UNAUTHENTICATED', `The client certificate names ${id}, who needs that credential beside it.`);
    const principal: Principal = { kind: 'user', id, roles: [], grants: NO_GRANTS, scopes: [], expiresAt, tokenId: undefined };
    this.revocations.require(principal);
    return principal;
  }

  /** What broke here must not let anybody in, nor tell a caller with a good credential that it is bad. */
  private refusalOf(error: unknown): Refusal {
    if (error instanceof Refusal) return error;
    this.logger.error(error instanceof Error ? error : String(error));
    return new Refusal('UNAVAILABLE', 'The credential could not be checked.', { retryAfterMs: RETRY_AFTER_MS });
  }
}
