import { Injectable } from '@nestjs/common';
import { LiveSettings } from '../../config/live-settings.js';
import { Refusal } from '../../protocol/refusal.js';
import { Telemetry } from '../../telemetry/telemetry.js';
import { AttemptWindows } from './attempt-windows.js';

const MINUTE_MS = 60_000;
const REMEMBERED = 20_000;

/**
 * How often passwords may be tried, on this node. Attempts are counted before a password is looked at, so that parallel tries do not slip through,
 * and given back where it was right.
 */
@Injectable()
export class SignInLimits {
  private readonly pairs = new AttemptWindows(REMEMBERED, MINUTE_MS);
  private readonly addresses = new AttemptWindows(REMEMBERED, MINUTE_MS);
  private readonly accounts = new AttemptWindows(REMEMBERED, MINUTE_MS);

  constructor(
    private readonly settings: LiveSettings,
    private readonly telemetry: Telemetry,
  ) {}

  /** An attempt from one address (group) on one account. Throws `RATE_LIMITED`. */
  takeAddress(name: string, group: string): void {
    const { signInsPerAddress, signInsPerMinute } = this.settings.current.operators;
    this.refuseWithin(this.addresses.take(group, signInsPerAddress), 'from this address (option operators.signInsPerAddress)');
    this.refuseWithin(this.pairs.take(pairOf(name, group), signInsPerMinute), 'to this account (option operators.signInsPerMinute)');
  }

  /**
   * The same attempt counted over all addresses; `isKnown` tells whether this operator signed in from the address before, which is asked only where the
   * limit is reached: somebody who guesses from everywhere does not lock the operator out. Rejects with `RATE_LIMITED`.
   */
  async takeAccount(name: string, isKnown: () => Promise<boolean>): Promise<void> {
    const retryAfterMs = this.accounts.take(name, this.settings.current.operators.signInsPerAccount);
    if (retryAfterMs === 0 || (await isKnown())) return;
    this.refuseWithin(retryAfterMs, 'to this account from everywhere (option operators.signInsPerAccount)');
  }

  /** The password was right: none of it counts. */
  succeeded(name: string, group: string): void {
    this.pairs.forget(pairOf(name, group));
    this.addresses.giveBack(group);
    this.accounts.giveBack(name);
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
