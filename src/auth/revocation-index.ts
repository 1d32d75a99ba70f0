import type { RevocationKind } from '../telemetry/telemetry.js';
import type { Principal } from './principal.js';
import type { Revocation } from './revocation.js';

type BySubject = Map<string, readonly Revocation[]>;

/**
 * The rules in force, in memory: asked synchronously for every credential. The answer does not depend on the number of rules, except
 * for several rules about one token or user.
 */
export class RevocationIndex {
  private readonly byId = new Map<string, Revocation>();
  private readonly bySubject: Readonly<Record<RevocationKind, BySubject>> = {
    token: new Map(),
    renewed: new Map(),
    user: new Map(),
    everyone: new Map(),
    device: new Map(),
    device_key: new Map(),
    block: new Map(),
  };

  get size(): number {
    return this.byId.size;
  }

  counts(): Readonly<Record<RevocationKind, number>> {
    const counts = { token: 0, renewed: 0, user: 0, everyone: 0, device: 0, device_key: 0, block: 0 };
    for (const kind of Object.keys(counts) as RevocationKind[])
      for (const rules of this.bySubject[kind].values()) counts[kind] += rules.length;
    return counts;
  }

  has(id: string): boolean {
    return this.byId.has(id);
  }

  rules(): readonly Revocation[] {
    return [...this.byId.values()];
  }

  put(rule: Revocation): void {
    this.remove(rule.id);
    this.byId.set(rule.id, rule);
    const rules = this.bySubject[rule.kind];
    rules.set(rule.subject, [...(rules.get(rule.subject) ?? []), rule]);
  }

  remove(id: string): void {
    const rule = this.byId.get(id);
    if (rule === undefined) return;
    this.byId.delete(id);
    const rules = this.bySubject[rule.kind];
    const left = (rules.get(rule.subject) ?? []).filter((other) => other.id !== id);
    if (left.length === 0) rules.delete(rule.subject);
    else rules.set(rule.subject, left);
  }

  /** Removes what is over; `now` in milliseconds since the epoch. */
  sweep(now: number): void {
    for (const rule of this.byId.values()) if (now >= (rule.expiresAt ?? Infinity)) this.remove(rule.id);
  }

  /** The block of a user. */
  blockOf(user: string): Revocation | undefined {
    return this.bySubject.block.get(user)?.[0];
  }

  /** Rules about all tokens of a user, or of everybody, that are in force: a block first. */
  rulesAbout(user: string, now: number): readonly Revocation[] {
    const { block, user: users, everyone } = this.bySubject;
    const rules = [...(block.get(user) ?? []), ...(users.get(user) ?? []), ...(everyone.get('') ?? [])];
    return rules.filter(({ effectiveAt, expiresAt }) => now >= effectiveAt && now < (expiresAt ?? Infinity));
  }

  /** The rule that refuses a principal at a moment; only users' tokens are revoked. */
  find(principal: Principal, now: number): Revocation | undefined {
    if (this.byId.size === 0 || principal.kind !== 'user') return undefined;
    const { id: user, tokenId, device } = principal;
    const { block, user: users, everyone, token, renewed, device: devices, device_key: deviceKeys } = this.bySubject;
    const inForce = (rule: Revocation): boolean =>
      now >= rule.effectiveAt && now < (rule.expiresAt ?? Infinity) && isOldEnough(rule, principal);
    return (
      block.get(user)?.find(inForce) ??
      users.get(user)?.find(inForce) ??
      everyone.get('')?.find(inForce) ??
      (device === undefined ? undefined : (devices.get(device.tenure)?.find(inForce) ?? deviceKeys.get(device.tenure)?.find(inForce))) ??
      (tokenId === undefined ? undefined : (token.get(tokenId)?.find(inForce) ?? renewed.get(tokenId)?.find(inForce)))
    );
  }
}

/** A token that does not say when it was issued may be of any age, so every rule about age is about it too. */
function isOldEnough({ issuedBefore }: Revocation, { issuedAt }: Principal): boolean {
  return issuedBefore === undefined || issuedAt === undefined || issuedAt < issuedBefore;
}
