/** Why the client asks for a token: for its first connection, because the last one expired, or because it soon will. */
export type TokenReason = 'connect' | 'expired' | 'expiring';

/**
 * Fetches a token from the application's backend. To answer nothing, or to throw a `WaybillError` of `UNAUTHENTICATED` or
 * `PERMISSION_DENIED`, means that there is none: the client ends. Anything else that is thrown is tried again with back-off.
 */
export type TokenCallback = (reason: TokenReason) => string | undefined | null | Promise<string | undefined | null>;

/**
 * Fetches a one-time ticket: called for each attempt to connect. What it answers or throws means what it means of a `TokenCallback`.
 */
export type TicketCallback = () => string | undefined | null | Promise<string | undefined | null>;

/** For pages that hold no token, such as one whose session is a cookie: each connection is opened with a ticket of its own. */
export interface TicketOption {
  /** Fetches a ticket. */
  readonly ticket: TicketCallback;
}

/** What a socket is opened with. */
export interface Credential {
  readonly kind: 'token' | 'ticket';
  readonly text: string;
}

/** Keeps the token in use, and when it expires; tickets are never kept. */
export class TokenSource {
  readonly #callback: TokenCallback | undefined;
  #ticket: TicketCallback | undefined;
  #token: string | undefined;
  /** On this machine's clock; undefined: not known. */
  #expiresAt: number | undefined;

  constructor(token: string | TokenCallback | TicketOption) {
    if (typeof token === 'function') this.#callback = token;
    else if (typeof token === 'object') this.#ticket = token.ticket;
    else this.#token = token;
  }

  /** Whether another connection can be opened when this token is over. */
  get renewable(): boolean {
    return this.refreshable || this.#ticket !== undefined;
  }

  /** Whether a new token can be had for an open connection: a ticket opens one and no more. */
  get refreshable(): boolean {
    return this.#callback !== undefined;
  }

  get expiresAt(): number | undefined {
    return this.#expiresAt;
  }

  /** What to connect with at `now`; undefined: there is nothing. Rejects with what the callback threw. */
  async credential(now: number): Promise<Credential | undefined> {
    const kind = this.#ticket === undefined ? 'token' : 'ticket';
    const text = await (this.#ticket === undefined ? this.#current(now) : this.#ticket());
    return text === undefined || text === null || text === '' ? undefined : { kind, text };
  }

  async #current(now: number): Promise<string | undefined> {
    if (this.#token === undefined) return this.renew('connect');
    const over = this.#expiresAt !== undefined && this.#expiresAt <= now;
    return over && this.refreshable ? this.renew('expired') : this.#token;
  }

  async renew(reason: TokenReason): Promise<string | undefined> {
    if (this.#callback === undefined) return undefined;
    const token = await this.#callback(reason);
    this.#token = token === null || token === '' ? undefined : token;
    this.#expiresAt = undefined;
    return this.#token;
  }

  replace(token: string): void {
    this.#ticket = undefined;
    this.#token = token;
    this.#expiresAt = undefined;
  }

  /** The server turned the token down: the next connection asks for another where it can. */
  discard(): void {
    if (this.refreshable) this.#token = undefined;
  }

  expiresAtLocally(expiresAt: number | undefined): void {
    this.#expiresAt = expiresAt;
  }
}
