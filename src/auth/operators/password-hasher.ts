import { Injectable } from '@nestjs/common';
import { Refusal } from '../../protocol/refusal.js';
import { decoyHash, hashPassword, isOutdated, passwordMatches } from './password-hash.js';

/** Hashes at work at once: each takes 19 MiB and one of the few threads that the database driver's look-ups share. */
const MOST_AT_WORK = 2;
const MOST_WAITING = 32;
const RETRY_AFTER_MS = 2_000;

export interface PasswordVerdict {
  readonly matches: boolean;
  /** The password is right, but its hash was made at another cost: hash it anew. */
  readonly outdated: boolean;
}

/** Hashes and checks passwords, few at once, so that a flood of sign-ins takes neither the memory nor the threads. */
@Injectable()
export class PasswordHasher {
  private readonly decoy = decoyHash();
  private readonly waiting: (() => void)[] = [];
  private atWork = 0;

  /** Rejects with `UNAVAILABLE` where too many wait. */
  async hash(password: string): Promise<string> {
    return this.inTurn(() => hashPassword(password));
  }

  /** `stored` undefined: there is no such account; it takes as long as if there were. Rejects with `UNAVAILABLE` where too many wait. */
  async check(password: string, stored: string | undefined): Promise<PasswordVerdict> {
    const matches = await this.inTurn(() => passwordMatches(password, stored ?? this.decoy));
    return { matches: matches && stored !== undefined, outdated: matches && stored !== undefined && isOutdated(stored) };
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.atWork >= MOST_AT_WORK) await this.turn();
    else this.atWork += 1;
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.atWork -= 1;
      else next();
    }
  }

  /** The place of the one before is handed on, so `atWork` stays as it is. */
  private turn(): Promise<void> {
    if (this.waiting.length >= MOST_WAITING) {
      throw new Refusal('UNAVAILABLE', 'Too many passwords are being checked at once; try again shortly.', {
        retryAfterMs: RETRY_AFTER_MS,
      });
    }
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}
