import { Backoff, type BackoffOptions } from './backoff.js';
import type { Clock } from './clock.js';
import { asWaybillError, WaybillError } from './errors.js';
import { count, type Notice, type ServerFrame, type Welcome } from './frames.js';
import { Link, type LinkEnd } from './link.js';
import { OpenWaiters } from './open-waiters.js';
import type { OnlineSource } from './online.js';
import type { SocketConstructor } from './socket.js';
import type { Credential, TokenSource } from './token-source.js';
import { type Verdict, verdictOnClose, verdictOnRefusal } from './verdict.js';

/** A connection that held this long was a good one: the next loss begins with short delays again. In milliseconds. */
const STABLE_MS = 5_000;

/** State of a client: `idle` before its first use, `waiting` between two attempts, and `closed` at its end. */
export type ConnectionState = 'idle' | 'connecting' | 'open' | 'waiting' | 'closed';

export interface ConnectionHandlers {
  /** The session can be restored; requests that waited are sent after it. */
  readonly opened: (welcome: Welcome) => void;
  /** An open connection is about to be closed by this client: the last chance to send something. */
  readonly leaving: () => void;
  /** An open connection ended. */
  readonly lost: (end: LinkEnd) => void;
  readonly retrying: (retry: { readonly attempt: number; readonly delayMs: number; readonly cause: WaybillError }) => void;
  /** The end for good. */
  readonly ended: (cause: WaybillError) => void;
  readonly frame: (frame: ServerFrame) => void;
  readonly silent: () => void;
  readonly problem: (error: WaybillError) => void;
}

export interface ConnectionOptions {
  readonly socketUrl: string;
  readonly tokens: TokenSource;
  /** Asks the server about a token whose upgrade failed; rejects with what is wrong with it. */
  readonly checkToken: (token: string) => Promise<unknown>;
  readonly webSocket: SocketConstructor;
  readonly clock: Clock;
  readonly random: () => number;
  readonly online: OnlineSource;
  readonly connectTimeoutMs: number;
  readonly backoff: BackoffOptions;
}

/** `idle → connecting → open → waiting → connecting …`, and from each of them `closed`, which is the end. */
export class Connection {
  #state: ConnectionState = 'idle';
  #endCause: WaybillError | undefined;
  #link: Link | undefined;
  #openedAt = 0;
  /** When the server asked to be left alone until; on our clock. */
  #notBefore = 0;
  #cancelTimer: () => void = () => undefined;
  /** An attempt is due; false while the server is still asked what was wrong with the last one. */
  #scheduled = false;
  #ignoreOnline: () => void = () => undefined;
  readonly #backoff: Backoff;
  readonly #waiters: OpenWaiters;

  constructor(
    private readonly options: ConnectionOptions,
    private readonly handlers: ConnectionHandlers,
  ) {
    this.#backoff = new Backoff(options.backoff, options.random);
    this.#waiters = new OpenWaiters(options.clock);
  }

  get state(): ConnectionState {
    return this.#state;
  }

  start(): void {
    if (this.#state !== 'idle') return;
    this.#ignoreOnline = this.options.online(() => this.#networkIsBack());
    this.#begin();
  }

  /** Resolves when frames can be sent; rejects after `timeoutMs` with `CONNECTION_LOST`, and when it is closed for good. */
  whenOpen(timeoutMs: number): Promise<void> {
    if (this.#endCause !== undefined) return Promise.reject(this.#endCause);
    if (this.#state === 'open' && this.#link?.writable === true) return Promise.resolve();
    this.start();
    return this.#waiters.wait(timeoutMs);
  }

  send(text: string): boolean {
    return this.#link?.send(text) ?? false;
  }

  /** A reply is overdue: perhaps nobody is there any more. */
  probe(): void {
    this.#link?.probe();
  }

  /** Ends it for good. */
  close(cause: WaybillError): void {
    if (this.#state === 'closed') return;
    if (this.#state === 'open') this.handlers.leaving();
    this.#link?.close();
    this.#end(cause);
  }

  #begin(): void {
    this.#cancelTimer();
    this.#scheduled = false;
    this.#state = 'connecting';
    void this.#connect();
  }

  async #connect(): Promise<void> {
    const { tokens, clock } = this.options;
    let credential: Credential | undefined;
    try {
      credential = await tokens.credential(clock.now());
    } catch (thrown) {
      const problem = asWaybillError(thrown, 'TOKEN_FAILED', 'The token callback failed');
      if (this.#state === 'closed') return;
      if (problem.code === 'UNAUTHENTICATED' || problem.code === 'PERMISSION_DENIED') return this.#end(problem);
      this.handlers.problem(problem);
      return this.#retry(problem, problem.retryAfterMs ?? 0);
    }
    if (this.#state === 'closed') return;
    if (credential === undefined) return this.#end(new WaybillError('UNAUTHENTICATED', 'There is no token to connect with'));
    try {
      this.#link = this.#openLink(credential);
    } catch (thrown) {
      this.#end(asWaybillError(thrown, 'UNREACHABLE', 'The socket could not be made'));
    }
  }

  #openLink(credential: Credential): Link {
    const { socketUrl: url, webSocket, clock, connectTimeoutMs } = this.options;
    return new Link(
      { url, credential, webSocket, clock, connectTimeoutMs },
      {
        frame: (frame) => this.#received(frame),
        silent: () => this.handlers.silent(),
        ended: (end) => void this.#linkEnded(end, credential),
      },
    );
  }

  #received(frame: ServerFrame): void {
    if (frame.kind === 'welcome') return this.#opened(frame.welcome);
    if (frame.kind === 'garbage') {
      return this.handlers.problem(new WaybillError('BAD_FRAME', `The server sent ${frame.problem}; it was ignored`));
    }
    if (frame.kind === 'notice') this.#noted(frame.notice);
    this.handlers.frame(frame);
  }

  #opened(welcome: Welcome): void {
    if (this.#state !== 'connecting') return;
    this.#state = 'open';
    this.#openedAt = this.options.clock.now();
    this.#notBefore = 0;
    this.handlers.opened(welcome);
    this.#waiters.release();
  }

  #noted({ action, data }: Notice): void {
    if (action === 'sys.closing') this.#stayAway(count(data['retry_after_ms']) ?? 0);
    if (action !== 'sys.reconnect') return;
    // The server spreads its clients over time by this figure, so it gets no jitter of ours.
    const afterMs = count(data['after_ms']) ?? 0;
    this.#stayAway(afterMs);
    this.#cancelTimer();
    this.#cancelTimer = this.options.clock.after(afterMs, () => this.#moveOn());
  }

  #stayAway(ms: number): void {
    this.#notBefore = Math.max(this.#notBefore, this.options.clock.now() + ms);
  }

  #moveOn(): void {
    if (this.#state !== 'open') return;
    this.handlers.leaving();
    this.#link?.close();
    this.#state = 'connecting';
    this.handlers.lost({ code: 1000, reason: 'moved as the server asked', opened: true });
    this.#begin();
  }

  async #linkEnded(end: LinkEnd, credential: Credential): Promise<void> {
    this.#cancelTimer();
    this.#link = undefined;
    const wasOpen = this.#state === 'open';
    this.#state = 'waiting';
    if (wasOpen) {
      if (this.options.clock.now() - this.#openedAt >= STABLE_MS) this.#backoff.reset();
      this.handlers.lost(end);
    }
    const { renewable } = this.options.tokens;
    const verdict = end.opened ? verdictOnClose(end, this.#floorMs(), renewable) : await this.#verdictOnRefusal(credential);
    // While the server was asked, or by a listener of `lost`, the application may have closed.
    if ((this.#state as ConnectionState) === 'waiting') this.#obey(verdict);
  }

  async #verdictOnRefusal({ kind, text }: Credential): Promise<Verdict> {
    const { tokens, checkToken } = this.options;
    // A ticket is spent by now; whether there will be another one, whoever gives them out says.
    if (kind === 'ticket') return verdictOnRefusal(undefined, this.#floorMs(), tokens.renewable);
    const answer = await checkToken(text).then(
      () => undefined,
      (thrown: unknown) => asWaybillError(thrown, 'UNREACHABLE', 'The token could not be checked'),
    );
    return verdictOnRefusal(answer, this.#floorMs(), tokens.renewable);
  }

  #obey(verdict: Verdict): void {
    if (verdict.kind === 'end') return this.#end(verdict.cause);
    if (verdict.kind === 'renew-token') this.options.tokens.discard();
    this.#retry(verdict.cause, verdict.kind === 'retry' ? verdict.floorMs : 0);
  }

  #retry(cause: WaybillError, floorMs: number): void {
    this.#state = 'waiting';
    this.#scheduled = true;
    this.#stayAway(floorMs);
    const delayMs = this.#backoff.next(floorMs);
    this.#cancelTimer = this.options.clock.after(delayMs, () => this.#begin());
    this.handlers.retrying({ attempt: this.#backoff.attempts, delayMs, cause });
  }

  #networkIsBack(): void {
    if (this.#state === 'open') this.probe();
    else if (this.#scheduled && this.options.clock.now() >= this.#notBefore) this.#begin();
  }

  #floorMs(): number {
    return Math.max(0, this.#notBefore - this.options.clock.now());
  }

  #end(cause: WaybillError): void {
    this.#cancelTimer();
    this.#scheduled = false;
    this.#ignoreOnline();
    this.#state = 'closed';
    this.#endCause = cause;
    this.#link = undefined;
    this.#waiters.fail(cause);
    this.handlers.ended(cause);
  }
}
