/** Why the client asks for a token: for its first connection, because the last one expired, or because it soon will. */
export type TokenReason = 'connect' | 'expired' | 'expiring';

/**
 * Fetches a token from the application's backend. To answer nothing, or to throw a `WaybillError` of `UNAUTHENTICATED` or
 * `PERMISSION_DENIED`, means that there is none: the client ends. Anything else that is thrown is tried again with back-off.
 */
export type TokenCallback = (reason: TokenReason) => string | undefined | null | Promise<string | undefined | null>;

/** Keeps the token in use, and when it expires. */
export class TokenSource {
  readonly #callback: TokenCallback | undefined;
  #token: string | undefined;
  /** On this machine's clock; undefined: not known. */
  #expiresAt: number | undefined;

  constructor(token: string | TokenCallback) {
    if (typeof token === 'function') this.#callback = token;
    else this.#token = token;
  }

  /** Whether a new token can be had when this one is over. */
  get renewable(): boolean {
    return this.#callback !== undefined;
  }

  get expiresAt(): number | undefined {
    return this.#expiresAt;
  }

  /** The token to connect with at `now`; undefined: there is none. Rejects with what the callback threw. */
  async current(now: number): Promise<string | undefined> {
    if (this.#token === undefined) return this.renew('connect');
    const over = this.#expiresAt !== undefined && this.#expiresAt <= now;
    return over && this.renewable ? this.renew('expired') : this.#token;
  }

  async renew(reason: TokenReason): Promise<string | undefined> {
    if (this.#callback === undefined) return undefined;
    const token = await this.#callback(reason);
    this.#token = token === null || token === '' ? undefined : token;
    this.#expiresAt = undefined;
    return this.#token;
  }

  replace(token: string): void {
    this.#token = token;
    this.#expiresAt = undefined;
  }

  /** The server turned the token down: the next connection asks for another where it can. */
  discard(): void {
    if (this.renewable) this.#token = undefined;
  }

  expiresAtLocally(expiresAt: number | undefined): void {
    this.#expiresAt = expiresAt;
  }
}
