import type { Clock } from './clock.js';
import { asWaybillError, type WaybillError } from './errors.js';
import { count, isFields, type Welcome } from './frames.js';
import type { TokenSource } from './token-source.js';

/** Refreshing begins at the latest this long before expiry, in milliseconds. */
const MARGIN_MS = 60_000;
/** Pause after a refresh that failed, in milliseconds. */
const RETRY_MS = 5_000;
/** The expiry is looked at again at least daily: timers of the platform hold no more than 24 days. */
const LONGEST_WAIT_MS = 86_400_000;

export interface TokenRefreshOptions {
  readonly tokens: TokenSource;
  readonly clock: Clock;
  readonly random: () => number;
  /** Sends `auth.refresh`; answers the reply's data. */
  readonly refresh: (token: string) => Promise<unknown>;
  readonly problem: (error: WaybillError) => void;
}

/** Replaces the token of an open connection before it expires, so that the connection outlives it. */
export class TokenRefresh {
  #cancel: () => void = () => undefined;
  #underWay = false;
  #serverAheadMs = 0;

  constructor(private readonly options: TokenRefreshOptions) {}

  /** A connection opened: its token's expiry is known. */
  opened(welcome: Welcome): void {
    this.#serverAheadMs = welcome.serverTime === undefined ? 0 : welcome.serverTime - this.options.clock.now();
    this.#expires(welcome.expiresAt);
  }

  stop(): void {
    this.#cancel();
  }

  /** Fetches a token and gives it to the server, now. Failures are reported and tried again until the connection ends. */
  async renew(): Promise<void> {
    if (this.#underWay || !this.options.tokens.refreshable) return;
    this.#underWay = true;
    this.#cancel();
    try {
      const token = await this.options.tokens.renew('expiring');
      if (token !== undefined) await this.send(token);
    } catch (thrown) {
      this.options.problem(asWaybillError(thrown, 'TOKEN_FAILED', 'The token could not be refreshed'));
      this.#cancel = this.options.clock.after(RETRY_MS, () => void this.renew());
    } finally {
      this.#underWay = false;
    }
  }

  /** Gives the server a token that the application already has. */
  async send(token: string): Promise<void> {
    const data = await this.options.refresh(token);
    this.#expires(isFields(data) ? count(data['expires_at']) : undefined);
  }

  #expires(serverExpiresAt: number | undefined): void {
    const { tokens, clock, random } = this.options;
    const expiresAt = serverExpiresAt === undefined ? undefined : serverExpiresAt - this.#serverAheadMs;
    tokens.expiresAtLocally(expiresAt);
    this.#cancel();
    if (expiresAt === undefined || !tokens.refreshable) return;
    const remainingMs = Math.max(0, expiresAt - clock.now());
    // Clients that connected together must not all refresh together: spread over the margin's first half.
    const marginMs = Math.min(MARGIN_MS, remainingMs / 4) * (0.5 + random() / 2);
    const waitMs = remainingMs - marginMs;
    if (waitMs > LONGEST_WAIT_MS) this.#cancel = clock.after(LONGEST_WAIT_MS, () => this.#expires(serverExpiresAt));
    else this.#cancel = clock.after(waitMs, () => void this.renew());
  }
}
