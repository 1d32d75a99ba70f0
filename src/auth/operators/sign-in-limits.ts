import { Injectable } from '@nestjs/common';
import { LiveSettings } from '../../config/live-settings.js';
import { Refusal } from '../../protocol/refusal.js';
import { Telemetry } from '../../telemetry/telemetry.js';
import { AttemptWindows } from './attempt-windows.js';

const MINUTE_MS = 60_000;
const REMEMBERED = 20_000;

/** What is tried: an account by its name, from what counts as one address. */
export interface Guess {
  readonly name: string;
  readonly group: string;
}

/** Attempts on accounts, by address and over all addresses. */
class AccountWindows {
  readonly pairs = new AttemptWindows(REMEMBERED, MINUTE_MS);
  readonly all = new AttemptWindows(REMEMBERED, MINUTE_MS);
}

/**
 * How often passwords may be tried, on this node. Attempts are counted before a password is looked at, so that parallel tries do not slip through,
 * and given back where it was right.
 */
@Injectable()
export class SignInLimits {
  private readonly addresses = new AttemptWindows(REMEMBERED, MINUTE_MS);
  private readonly accounts = new AccountWindows();
  /** Apart, so that names that somebody invents do not push out the counts of those that exist. */
  private readonly strangers = new AccountWindows();

  constructor(
    private readonly settings: LiveSettings,
    private readonly telemetry: Telemetry,
  ) {}

  /** An attempt from one address (group), on whatever account. Throws `RATE_LIMITED`. */
  takeAddress(group: string): void {
    const { signInsPerAddress } = this.settings.current.operators;
    this.refuseWithin(this.addresses.take(group, signInsPerAddress), 'from this address (option operators.signInsPerAddress)');
  }

  /**
   * The same attempt counted for its account. `isKnown` tells whether this operator signed in from the address before, which is asked only where the limit
   * over all addresses is reached: somebody who guesses from everywhere does not lock the operator out. Rejects with `RATE_LIMITED`.
   */
  async takeAccount({ name, group }: Guess, exists: boolean, isKnown: () => Promise<boolean>): Promise<void> {
    const { signInsPerMinute, signInsPerAccount } = this.settings.current.operators;
    const { pairs, all } = exists ? this.accounts : this.strangers;
    this.refuseWithin(pairs.take(pairOf(name, group), signInsPerMinute), 'to this account (option operators.signInsPerMinute)');
    const retryAfterMs = all.take(name, signInsPerAccount);
    if (retryAfterMs === 0 || (await isKnown())) return;
    this.refuseWithin(retryAfterMs, 'to this account from everywhere (option operators.signInsPerAccount)');
  }

  /** The password was right: none of it counts. */
  succeeded({ name, group }: Guess): void {
    this.accounts.pairs.forget(pairOf(name, group));
    this.accounts.all.giveBack(name);
    this.addresses.giveBack(group);
  }

  private refuseWithin(retryAfterMs: number, what: string): void {
    if (retryAfterMs === 0) return;
    this.telemetry.rateLimited('sign_in');
    throw new Refusal('RATE_LIMITED', `too many failed sign-ins ${what}; wait, then try again`, { retryAfterMs });
  }
}

/** No address holds a space. */
function pairOf(name: string, group: string): string {
  return `${group} ${name}`;
}
