import type { Clock } from './clock.js';
import { WaybillError } from './errors.js';
import type { Reply } from './frames.js';

/** What became of a request; called synchronously with the reply, before any frame that follows it is handled. */
export interface Settlement {
  readonly done: (data: unknown) => void;
  readonly failed: (error: WaybillError) => void;
}

export interface OutgoingFrame {
  readonly msgId: string;
  readonly action: string;
  readonly data: unknown;
}

interface Pending extends Settlement {
  readonly cancelTimeout: () => void;
}

/** Matches replies to requests by `msg_id`. */
export class Requests {
  readonly #pending = new Map<string, Pending>();

  constructor(
    private readonly clock: Clock,
    private readonly write: (text: string) => boolean,
    /** A reply did not come in time. */
    private readonly overdue: () => void,
  ) {}

  get size(): number {
    return this.#pending.size;
  }

  /**
   * Sends a frame and waits for its reply. Fails with the reply's code, with `REPLY_TIMEOUT`, with `CONNECTION_LOST` where the
   * socket took nothing, and with `BAD_REQUEST` for what cannot be sent.
   */
  dispatch({ msgId, action, data }: OutgoingFrame, timeoutMs: number, settlement: Settlement): void {
    if (this.#pending.has(msgId)) {
      return settlement.failed(new WaybillError('BAD_REQUEST', `msg_id "${msgId}" is under way already`, { field: 'msg_id' }));
    }
    let text: string;
    try {
      text = JSON.stringify({ version: '1', msg_id: msgId, timestamp: this.clock.now(), action, data });
    } catch (thrown) {
      return settlement.failed(new WaybillError('BAD_REQUEST', 'data: cannot be written as JSON', { field: 'data', cause: thrown }));
    }
    const cancelTimeout = this.clock.after(timeoutMs, () => {
      this.overdue();
      this.#take(msgId)?.failed(new WaybillError('REPLY_TIMEOUT', `No reply to ${action} within ${timeoutMs} ms`));
    });
    this.#pending.set(msgId, { ...settlement, cancelTimeout });
    if (!this.write(text))
      this.#take(msgId)?.failed(new WaybillError('CONNECTION_LOST', `The connection was lost before ${action} was sent`));
  }

  /** The same as a promise, for those who do not care what else arrives meanwhile. */
  send(frame: OutgoingFrame, timeoutMs: number): Promise<unknown> {
    return new Promise((resolve, reject) => this.dispatch(frame, timeoutMs, { done: resolve, failed: reject }));
  }

  settle(reply: Reply): void {
    const pending = reply.replyTo === undefined ? undefined : this.#take(reply.replyTo);
    if (pending === undefined) return;
    if (reply.code === 'OK') pending.done(reply.data);
    else pending.failed(new WaybillError(reply.code, reply.message, reply));
  }

  /** In the order they were sent, so that whoever repeats them does so in that order. */
  failAll(error: WaybillError): void {
    for (const msgId of [...this.#pending.keys()]) this.#take(msgId)?.failed(error);
  }

  #take(msgId: string): Pending | undefined {
    const pending = this.#pending.get(msgId);
    this.#pending.delete(msgId);
    pending?.cancelTimeout();
    return pending;
  }
}
