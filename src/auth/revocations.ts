import { Injectable, Logger } from '@nestjs/common';
import { Telemetry } from '../telemetry/telemetry.js';
import type { RevocationStatus } from './auth-view.js';
import type { Principal } from './principal.js';
import { inWords, type Revocation, refusalBy } from './revocation.js';
import { RevocationIndex } from './revocation-index.js';

type Listener = (rule: Revocation) => void;

/**
 * What was revoked, as this node knows it: asked for every credential, those verified before included, and synchronously. What it has
 * learnt holds while the database is away.
 */
@Injectable()
export class Revocations {
  private readonly logger = new Logger('Revocations');
  private readonly index = new RevocationIndex();
  private readonly listeners: Listener[] = [];
  private learntAt = performance.now();

  constructor(private readonly telemetry: Telemetry) {}

  get size(): number {
    return this.index.size;
  }

  get status(): RevocationStatus {
    return { rules: this.index.counts(), ageMs: performance.now() - this.learntAt };
  }

  /** Throws `UNAUTHENTICATED` for what was revoked and `PERMISSION_DENIED` for a user who is blocked. */
  require(principal: Principal): void {
    const rule = this.index.find(principal, Date.now());
    if (rule === undefined) return;
    this.telemetry.revokedRefused(rule.kind);
    this.logger.warn(`A token of user ${principal.id} was refused: ${inWords(rule)}`);
    throw refusalBy(rule).concerning(principal.id);
  }

  /** The rule that ends an open connection. A token that was renewed only opens no new ones: the old ones end when it expires. */
  endOf(principal: Principal): Revocation | undefined {
    const rule = this.index.find(principal, Date.now());
    return rule?.kind === 'renewed' ? undefined : rule;
  }

  /** Calls the listener with every rule that is new to this node. */
  onRule(listener: Listener): void {
    this.listeners.push(listener);
  }

  blockOf(user: string): Revocation | undefined {
    return this.index.blockOf(user);
  }

  /** Rules in force about all tokens of a user, or of everybody: a block first. */
  rulesAbout(user: string): readonly Revocation[] {
    return this.index.rulesAbout(user, Date.now());
  }

  learn(rule: Revocation): void {
    const isNew = !this.index.has(rule.id);
    this.index.put(rule);
    if (isNew) for (const listener of this.listeners) listener(rule);
  }

  forget(id: string): void {
    this.index.remove(id);
  }

  /** Learns all rules that were read from the table, and forgets the others but those made since the reading began. */
  replace(rules: readonly Revocation[], readSince: number): void {
    const kept = new Set(rules.map(({ id }) => id));
    for (const { id, createdAt } of this.index.rules()) if (!kept.has(id) && createdAt < readSince) this.index.remove(id);
    for (const rule of rules) this.learn(rule);
  }

  /** Called whenever the database has been asked with success. */
  upToDate(): void {
    this.learntAt = performance.now();
  }

  sweep(): void {
    this.index.sweep(Date.now());
  }
}
