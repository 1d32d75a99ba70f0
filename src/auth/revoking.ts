import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Nudges } from '../cluster/nudges.js';
import { Config } from '../config/config.js';
import { Refusal } from '../protocol/refusal.js';
import type { RevocationKind } from '../telemetry/telemetry.js';
import { JwtVerifier } from './jwt-verifier.js';
import type { Principal } from './principal.js';
import type { Revocation } from './revocation.js';
import { type RevocationFilter, RevocationStore } from './revocation-store.js';
import { Revocations } from './revocations.js';

/** What shall be revoked: one token by its id or itself, a user's tokens, or everybody's. Times are milliseconds since the epoch. */
export type RevocationTarget =
  | { readonly tokenId: string }
  | { readonly token: string }
  | { readonly user: string; readonly issuedBefore?: number | undefined }
  | { readonly issuedBefore: number };

export interface RevocationPage {
  readonly items: readonly Revocation[];
  readonly next: number | undefined;
}

/** Who revokes, and why. */
export interface RevocationOrder {
  readonly reason: string;
  readonly by: string;
}

interface RuleParts {
  readonly kind: RevocationKind;
  readonly subject: string;
  readonly issuedBefore?: number | undefined;
  readonly effectiveAt?: number;
  readonly expiresAt: number | undefined;
}

/**
 * Revokes tokens and blocks users: stored first, then in force on this node at once and on the others as soon as they hear of it or ask. Rejects with
 * `BAD_REQUEST`, `LIMIT_EXCEEDED`, or `UNAVAILABLE` without a database.
 */
@Injectable()
export class Revoking {
  constructor(
    private readonly config: Config,
    private readonly store: RevocationStore,
    private readonly revocations: Revocations,
    private readonly verifier: JwtVerifier,
    private readonly nudges: Nudges,
  ) {}

  async revoke(target: RevocationTarget, order: RevocationOrder): Promise<Revocation> {
    if ('token' in target) return this.add(await this.tokenItself(target.token), order);
    if ('tokenId' in target) return this.add({ kind: 'token', subject: target.tokenId, expiresAt: this.lastExpiry(Date.now()) }, order);
    const issuedBefore = this.moment(target.issuedBefore ?? Date.now());
    const subject = 'user' in target ? target.user : '';
    const kind = 'user' in target ? 'user' : 'everyone';
    return this.add({ kind, subject, issuedBefore, expiresAt: this.lastExpiry(issuedBefore) }, order);
  }

  /** Lets no token of the user in until `expiresAt`, or until it is taken back; takes the place of an earlier block. */
  async block(user: string, expiresAt: number | undefined, order: RevocationOrder): Promise<Revocation> {
    if (expiresAt !== undefined && expiresAt <= Date.now()) throw Refusal.badRequest('expires_at', 'must be in the future');
    const earlier = this.revocations.blockOf(user);
    const rule = await this.add({ kind: 'block', subject: user, expiresAt }, order);
    if (earlier !== undefined) this.revocations.forget(earlier.id);
    return rule;
  }

  /** A token that was renewed is good for a little longer, for those who use it at this moment. */
  async retire({ tokenId, expiresAt, id }: Principal): Promise<void> {
    const { refreshGraceSeconds } = this.config.auth;
    const effectiveAt = Date.now() + refreshGraceSeconds * 1_000;
    const end = (expiresAt ?? 0) + this.skewMs;
    // One that is over by then needs no rule; most are renewed when they are about to expire.
    if (refreshGraceSeconds === 0 || tokenId === undefined || effectiveAt >= end) return;
    await this.add({ kind: 'renewed', subject: tokenId, effectiveAt, expiresAt: end }, { reason: '', by: id });
  }

  /** The rule that was taken back; undefined where none of this id and these kinds is in force. */
  async takeBack(id: string, kinds: readonly RevocationKind[]): Promise<Revocation | undefined> {
    return this.forgotten(await this.store.remove(id, kinds));
  }

  async unblock(user: string): Promise<Revocation | undefined> {
    return this.forgotten(await this.store.removeBlock(user));
  }

  list(filter: RevocationFilter): Promise<RevocationPage> {
    return this.store.list(filter);
  }

  /** The rule that ends what a device was given in one of its tenures: to be stored with the change of the device, and then learnt. */
  ruleForDevice(kind: 'device' | 'device_key', tenure: string, order: RevocationOrder): Revocation {
    return this.rule({ kind, subject: tenure, expiresAt: this.lastExpiry(Date.now()) }, order);
  }

  /** A rule that was stored holds here from now on; the others are told to look. */
  stored(rule: Revocation): void {
    this.revocations.learn(rule);
    this.nudges.tell('revocations');
  }

  private async add(parts: RuleParts, order: RevocationOrder): Promise<Revocation> {
    if (this.revocations.size >= this.config.auth.revocationsMax)
      throw new Refusal(
        'LIMIT_EXCEEDED',
        `There are already ${this.revocations.size} revocations and blocks (WAYBILL_REVOCATIONS_MAX); take some back, or revoke by issue time.`,
      );
    const rule = this.rule(parts, order);
    await this.store.add(rule);
    this.stored(rule);
    return rule;
  }

  private rule({ kind, subject, issuedBefore, effectiveAt, expiresAt }: RuleParts, { reason, by }: RevocationOrder): Revocation {
    const now = Date.now();
    return {
      id: randomUUID(),
      kind,
      subject,
      issuedBefore,
      effectiveAt: effectiveAt ?? now,
      expiresAt,
      reason,
      createdBy: by,
      createdAt: now,
    };
  }

  private forgotten(rules: readonly Revocation[]): Revocation | undefined {
    for (const { id } of rules) this.revocations.forget(id);
    if (rules.length > 0) this.nudges.tell('revocations');
    return rules[0];
  }

  private async tokenItself(token: string): Promise<RuleParts> {
    const { principal } = await this.verifier.verify(token).catch((error: unknown) => {
      // The caller's own credential is good: it must not be told to get another.
      throw error instanceof Refusal && error.httpStatus === 401 ? Refusal.badRequest('token', error.message) : error;
    });
    if (principal.tokenId === undefined)
      throw Refusal.badRequest('token', 'has no id (jti) by which it could be revoked; revoke the tokens of its user instead');
    return { kind: 'token', subject: principal.tokenId, expiresAt: (principal.expiresAt ?? Date.now()) + this.skewMs };
  }

  private moment(issuedBefore: number): number {
    if (issuedBefore > Date.now() + this.skewMs)
      throw Refusal.badRequest('issued_before', 'lies in the future; to keep a user out, block them');
    if (this.lastExpiry(issuedBefore) <= Date.now())
      throw Refusal.badRequest(
        'issued_before',
        'lies so far back that no token issued before it can be good any more (WAYBILL_TOKEN_ACCEPTED_TTL_S)',
      );
    return issuedBefore;
  }

  /** When no token issued before a moment can be good any more, by whatever clock it was issued. */
  private lastExpiry(issuedBefore: number): number {
    return issuedBefore + this.config.auth.tokenAcceptedTtlSeconds * 1_000 + 2 * this.skewMs;
  }

  private get skewMs(): number {
    return this.config.auth.jwtSkewSeconds * 1_000;
  }
}
