import type { Clock } from './clock.js';
import { WaybillError } from './errors.js';

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: WaybillError) => void;
  readonly cancelTimeout: () => void;
}

/** Those who wait for an open connection, in the order they came. */
export class OpenWaiters {
  readonly #waiters = new Set<Waiter>();

  constructor(private readonly clock: Clock) {}

  /** Without end where `timeoutMs` is infinite. */
  wait(timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        this.#waiters.delete(waiter);
        reject(new WaybillError('CONNECTION_LOST', `There was no connection for ${timeoutMs} ms`));
      };
      const cancelTimeout = timeoutMs === Number.POSITIVE_INFINITY ? () => undefined : this.clock.after(timeoutMs, giveUp);
      const waiter: Waiter = { resolve, reject, cancelTimeout };
      this.#waiters.add(waiter);
    });
  }

  release(): void {
    for (const waiter of this.#empty()) waiter.resolve();
  }

  fail(error: WaybillError): void {
    for (const waiter of this.#empty()) waiter.reject(error);
  }

  #empty(): readonly Waiter[] {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const waiter of waiters) waiter.cancelTimeout();
    return waiters;
  }
}
