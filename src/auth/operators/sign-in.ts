import { Injectable, Logger } from '@nestjs/common';
import { AuditTrail } from '../../audit/audit-trail.js';
import { Refusal } from '../../protocol/refusal.js';
import { type SignInResult, Telemetry } from '../../telemetry/telemetry.js';
import { FailureRecords } from './failure-records.js';
import type { Operator } from './operator.entity.js';
import { OperatorSessions, type SessionView, type SignInPlace } from './operator-sessions.js';
import { Operators } from './operators.js';
import { PasswordHasher } from './password-hasher.js';
import { SignInLimits } from './sign-in-limits.js';

export interface SignInAttempt extends SignInPlace {
  readonly name: string;
  readonly password: string;
  readonly traceId: string | undefined;
}

const ACTION = 'session.login';
const RETRY_AFTER_MS = 1_000;
const WRONG = 'The name or the password is wrong, or the account is disabled.';

/**
 * Signs operators in. An unknown account, a disabled one and a wrong password have one answer, and take as long. Every attempt is counted, logged and
 * recorded; what is typed as a name appears only where such an account exists, since people type passwords there.
 */
@Injectable()
export class SignIn {
  private readonly logger = new Logger('SignIn');
  private readonly failures = new FailureRecords();

  constructor(
    private readonly operators: Operators,
    private readonly sessions: OperatorSessions,
    private readonly hasher: PasswordHasher,
    private readonly limits: SignInLimits,
    private readonly telemetry: Telemetry,
    private readonly trail: AuditTrail,
  ) {}

  /** Rejects with `UNAUTHENTICATED`, `RATE_LIMITED`, or `UNAVAILABLE` where it cannot be known or not be recorded. */
  async begin(attempt: SignInAttempt): Promise<{ readonly secret: string; readonly view: SessionView }> {
    let account: Operator | undefined;
    try {
      this.limits.takeAddress(attempt.group);
      account = (await this.operators.find(attempt.name)) ?? undefined;
      await this.limits.takeAccount(
        attempt,
        account !== undefined,
        async () => account !== undefined && this.sessions.isKnownAt(account.id, attempt),
      );
      return await this.welcome(attempt, await this.proven(attempt, account));
    } catch (error) {
      if (error instanceof Refusal) await this.failed(attempt, account, error);
      throw error;
    }
  }

  /** Whether somebody who is in already knows the password, with the limits of a sign-in. Rejects with `PERMISSION_DENIED` where not. */
  async prove(attempt: SignInAttempt): Promise<void> {
    this.limits.takeAddress(attempt.group);
    await this.limits.takeAccount(attempt, true, async () => true);
    try {
      await this.proven(attempt, (await this.operators.find(attempt.name)) ?? undefined);
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== 'UNAUTHENTICATED') throw error;
      throw new Refusal('PERMISSION_DENIED', 'password: is not the present one', { field: 'password', rule: 'session.password' });
    }
  }

  private async proven(attempt: SignInAttempt, account: Operator | undefined): Promise<Operator> {
    const { matches, outdated } = await this.hasher.check(attempt.password, account?.password);
    if (account === undefined || !matches || account.disabledAt !== null) throw new Refusal('UNAUTHENTICATED', WRONG);
    this.limits.succeeded(attempt);
    if (outdated) await this.operators.rehash(account, attempt.password);
    return account;
  }

  private async welcome(attempt: SignInAttempt, account: Operator): Promise<{ readonly secret: string; readonly view: SessionView }> {
    const session = await this.sessions.begin(account, attempt);
    try {
      await this.operators.noteSignIn(account);
      await this.trail.record(entryOf(attempt, account, 'OK'));
    } catch (error) {
      await this.sessions.end(session.secret).catch(() => undefined);
      this.logger.error(error);
      throw new Refusal('UNAVAILABLE', 'The sign-in could not be recorded in the audit trail, so it was not made; try again.', {
        retryAfterMs: RETRY_AFTER_MS,
      });
    }
    this.telemetry.signIn('ok');
    this.logger.log({ event: 'operator.signed_in', operator: account.name, address: attempt.address });
    return session;
  }

  private async failed(attempt: SignInAttempt, account: Operator | undefined, refusal: Refusal): Promise<void> {
    this.telemetry.signIn(resultOf(refusal));
    this.logger.warn({ event: 'operator.sign_in_failed', operator: account?.name, address: attempt.address, result: refusal.code });
    const leftOut = this.failures.take();
    if (leftOut === undefined) return;
    const after = leftOut === 0 ? {} : { after: { failures_not_recorded: leftOut } };
    // The refusal stands whether or not it can be recorded.
    await this.trail.record({ ...entryOf(attempt, account, refusal.code), ...after }).catch((error: unknown) => this.logger.error(error));
  }
}

function entryOf({ address, traceId }: SignInAttempt, account: Operator | undefined, result: Refusal['code'] | 'OK') {
  return {
    // Whoever failed has not shown to be that operator.
    actor: account === undefined || result !== 'OK' ? 'anonymous' : `operator:${account.name}`,
    action: ACTION,
    target: account?.name ?? '',
    result,
    address,
    traceId,
  };
}

function resultOf({ code }: Refusal): SignInResult {
  if (code === 'UNAUTHENTICATED') return 'wrong';
  return code === 'RATE_LIMITED' ? 'limited' : 'unavailable';
}
