import type { Clock } from './clock.js';
import type { WaybillError, WaybillErrorCode } from './errors.js';
import type { Gap, Position } from './message.js';
import type { AckMode } from './options.js';
import type { Settlement } from './requests.js';

/** Acknowledgements are cumulative, so one stands for so many messages, or for what was dealt with in this time (milliseconds). */
const EVERY = 100;
const DELAY_MS = 200;
/** Refusals after which the same acknowledgement may be taken. */
const LATER: ReadonlySet<WaybillErrorCode> = new Set(['RATE_LIMITED', 'UNAVAILABLE', 'REPLY_TIMEOUT', 'INTERNAL']);
const RETRY_MS = 1_000;

export interface AcknowledgerPort {
  readonly clock: Clock;
  /** Sends an acknowledgement on the open connection. Its epoch says of which log it is: it may arrive when the topic has begun again. */
  readonly send: (upTo: Position, settlement: Settlement) => void;
  readonly refused: (error: WaybillError) => void;
}

/**
 * What of one topic was dealt with, and what the server was told of it. A message counts as dealt with when all listeners have ended
 * without an error (`auto`), or when the application says so (`manual`); as acknowledgements are cumulative, one that failed holds
 * back all that follow it. Until the server has confirmed an acknowledgement, a new connection goes on before it: the server then
 * offers those messages again, so that they can be acknowledged there. Listeners get again only what failed.
 */
export class Acknowledger {
  /** Up to here the server knows, or needs not. */
  #confirmed = 0;
  /** Highest acknowledgement sent on this connection. */
  #sent = 0;
  /** Highest message that this connection brought, and so may be acknowledged on it. */
  #arrived = 0;
  /** Highest message given to listeners. */
  #seen = 0;
  /** In `manual`: how far the application has said. */
  #said = 0;
  /** Messages whose listeners run, or failed; in rising order. */
  readonly #open = new Map<number, 'running' | 'failed'>();
  #epoch: string | undefined;
  #isConnected = false;
  #cancelTimer: (() => void) | undefined;

  constructor(
    private readonly mode: AckMode,
    private readonly port: AcknowledgerPort,
  ) {}

  /** Where another connection, or another program, has to go on so that nothing is lost; undefined before the first answer. */
  get position(): Position | undefined {
    return this.#epoch === undefined ? undefined : { epoch: this.#epoch, seq: this.#dealtWith };
  }

  /** The server accepted the subscription: all after `after` comes by this connection, except what must be read from history up to `head`. */
  connected({ epoch, after, head }: { readonly epoch: string; readonly after: number; readonly head: number }): void {
    if (this.#epoch !== epoch) this.restart({ epoch, seq: after });
    this.#isConnected = true;
    this.#sent = this.#confirmed;
    this.#arrived = head;
    this.#schedule();
  }

  /** The log began anew: nothing of before can be acknowledged. */
  restart({ epoch, seq }: Position): void {
    this.#open.clear();
    this.#epoch = epoch;
    this.#confirmed = this.#sent = this.#arrived = this.#seen = this.#said = seq;
  }

  /** The connection is gone. Answers where the next one goes on. */
  interrupt(): number {
    this.#isConnected = false;
    this.#stopTimer();
    return this.#confirmed;
  }

  /** A message came. Answers what to call with the listeners' end, or nothing where they had it already. */
  take({ epoch, seq }: Position): ((succeeded: boolean) => void) | undefined {
    this.#arrived = Math.max(this.#arrived, seq);
    if (seq <= this.#seen && this.#open.get(seq) !== 'failed') {
      this.#schedule();
      return undefined;
    }
    this.#seen = Math.max(this.#seen, seq);
    if (this.mode === 'auto') this.#open.set(seq, 'running');
    return (succeeded) => this.#ended({ epoch, seq }, succeeded);
  }

  /** Messages cannot be had. Answers the part of it that listeners need to hear of. */
  skip({ from, to, ...gap }: Gap): Gap | undefined {
    const failed = [...this.#open].filter(([seq, state]) => state === 'failed' && seq >= from && seq <= to).map(([seq]) => seq);
    for (const seq of failed) this.#open.delete(seq);
    const first = Math.max(from, failed[0] ?? this.#seen + 1);
    this.#seen = Math.max(this.#seen, to);
    return first > to ? undefined : { ...gap, from: first, to };
  }

  /** The application says that it has dealt with everything up to `seq`; default: all that it was given. Never more than that. */
  acknowledge(seq = this.#seen, epoch = this.#epoch): void {
    if (epoch !== this.#epoch) return;
    const reached = Math.min(seq, this.#seen);
    for (const open of [...this.#open.keys()]) if (open <= reached) this.#open.delete(open);
    this.#said = Math.max(this.#said, reached);
    this.#schedule();
  }

  /** Sends what is due now, as before an orderly end. */
  flush(): void {
    this.#stopTimer();
    const seq = this.#due;
    const epoch = this.#epoch;
    if (!this.#isConnected || epoch === undefined || seq <= this.#sent) return;
    this.#sent = seq;
    this.port.send(
      { epoch, seq },
      {
        done: () => {
          if (this.#epoch === epoch) this.#confirmed = Math.max(this.#confirmed, seq);
        },
        failed: (error) => {
          if (this.#epoch === epoch) this.#failed(error);
        },
      },
    );
  }

  get #dealtWith(): number {
    if (this.mode === 'manual') return this.#said;
    const [first] = this.#open.keys();
    return first === undefined ? this.#seen : first - 1;
  }

  get #due(): number {
    return Math.min(this.#dealtWith, this.#arrived);
  }

  #ended({ epoch, seq }: Position, succeeded: boolean): void {
    if (this.#epoch !== epoch || this.mode === 'manual' || !this.#open.has(seq)) return;
    if (succeeded) this.#open.delete(seq);
    else this.#open.set(seq, 'failed');
    this.#schedule();
  }

  #failed(error: WaybillError): void {
    if (!this.#isConnected) return;
    if (!LATER.has(error.code)) return this.port.refused(error);
    this.#sent = this.#confirmed;
    this.#after(error.retryAfterMs ?? RETRY_MS);
  }

  #schedule(): void {
    const due = this.#due;
    if (!this.#isConnected || due <= this.#sent) return;
    if (due - this.#sent >= EVERY) this.flush();
    else this.#after(DELAY_MS);
  }

  #after(ms: number): void {
    this.#cancelTimer ??= this.port.clock.after(ms, () => this.flush());
  }

  #stopTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }
}
