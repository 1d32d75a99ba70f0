import { Logger } from '@nestjs/common';
import type { AuditEntry, AuditTrail } from '../../audit/audit-trail.js';
import type { Principal } from '../../auth/principal.js';

const WINDOW_MS = 60_000;
/** Operators and keys are few, since administrators make them; more than this in a minute share a count with the rest. */
const MOST_ACTORS = 1_000;
/** Records of refusals under way at once; a database that is slow must not hold a flood of them in memory. */
const MOST_UNDER_WAY = 64;

/** What one caller, or one kind of callers, was refused within a minute. */
interface Account {
  readonly actor: string;
  recorded: number;
  /** How often, by action and result. */
  readonly omitted: Map<string, number>;
}

/**
 * Records refusals and failures up to a number a minute: for each operator and each API key, for all users together, and for all who
 * did not say who they are together. What is beyond is counted by action and result, and recorded as one entry when the minute ends. So
 * nobody fills the table by being refused, and no stranger's flood hides what an operator tried.
 */
export class RefusalAllowance {
  private readonly logger = new Logger('Audit');
  private readonly accounts = new Map<string, Account>();
  private readonly underWay = new Set<Promise<void>>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly trail: AuditTrail,
    private readonly perMinute: () => number,
    private readonly windowMs = WINDOW_MS,
  ) {}

  admit(entry: AuditEntry, recognised: Principal | undefined): void {
    const account = this.accountOf(recognised);
    if (account.recorded < this.perMinute() && this.underWay.size < MOST_UNDER_WAY) {
      account.recorded += 1;
      this.record(entry);
      return;
    }
    const kind = `${entry.action} ${entry.result}`;
    account.omitted.set(kind, (account.omitted.get(kind) ?? 0) + 1);
  }

  /** Records what was only counted, and waits for what is under way. */
  async stop(): Promise<void> {
    this.endWindow();
    await Promise.allSettled(this.underWay);
  }

  private accountOf(recognised: Principal | undefined): Account {
    const own = recognised?.kind === 'operator' || recognised?.kind === 'api_key' ? recognised.id : undefined;
    const others = recognised === undefined ? 'anonymous' : 'users';
    const name = own !== undefined && (this.accounts.has(own) || this.accounts.size < MOST_ACTORS) ? own : others;
    const known = this.accounts.get(name) ?? { actor: name, recorded: 0, omitted: new Map<string, number>() };
    this.accounts.set(name, known);
    this.timer ??= setTimeout(() => this.endWindow(), this.windowMs).unref();
    return known;
  }

  private endWindow(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const ended = [...this.accounts.values()];
    this.accounts.clear();
    for (const { actor, omitted } of ended) {
      if (omitted.size === 0) continue;
      const after = { omitted: Object.fromEntries(omitted), within_s: this.windowMs / 1_000 };
      this.record({ actor, action: 'audit.omitted', target: '', result: 'RATE_LIMITED', address: undefined, traceId: undefined, after });
    }
  }

  /** Not waited for: a refusal is answered as fast as ever. */
  private record(entry: AuditEntry): void {
    const stored = this.trail.record(entry).catch(() => this.logger.warn('A refusal could not be recorded in the audit trail.'));
    this.underWay.add(stored);
    void stored.finally(() => this.underWay.delete(stored));
  }
}
