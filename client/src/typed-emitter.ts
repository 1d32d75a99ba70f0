type Listener = (payload: never) => unknown;

/**
 * Events with typed payloads. A listener that throws, or whose promise rejects, harms neither the other listeners nor the
 * connection: it is handed to `listenerFailed`.
 */
export abstract class TypedEmitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<Listener>>();

  /** Adds a listener; the answer removes it. */
  on<E extends keyof Events>(event: E, listener: (payload: Events[E]) => unknown): () => void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners);
    listeners.add(listener);
    return () => this.off(event, listener);
  }

  /** Adds a listener for the next such event only; the answer removes it. */
  once<E extends keyof Events>(event: E, listener: (payload: Events[E]) => unknown): () => void {
    const remove = this.on(event, (payload) => {
      remove();
      return listener(payload);
    });
    return remove;
  }

  /** Removes a listener. */
  off<E extends keyof Events>(event: E, listener: (payload: Events[E]) => unknown): void {
    this.#listeners.get(event)?.delete(listener);
  }

  protected emit<E extends keyof Events>(event: E, payload: Events[E]): void {
    this.emitUntilEnd(event, payload);
  }

  /** `ended` is called once all listeners have returned and what they promised has come: at once, where none promised anything. */
  protected emitUntilEnd<E extends keyof Events>(event: E, payload: Events[E], ended?: (succeeded: boolean) => void): void {
    let running = 1;
    let failed = false;
    const end = (succeeded: boolean): void => {
      running -= 1;
      failed ||= !succeeded;
      if (running === 0) ended?.(!failed);
    };
    const listeners = this.#listeners.get(event);
    for (const listener of [...(listeners ?? [])]) {
      if (listeners?.has(listener) !== true) continue;
      running += 1;
      this.#call(event, listener as (payload: Events[E]) => unknown, payload, end);
    }
    end(true);
  }

  protected hasListeners(event: keyof Events): boolean {
    return (this.#listeners.get(event)?.size ?? 0) > 0;
  }

  protected abstract listenerFailed(event: keyof Events, thrown: unknown): void;

  #call<E extends keyof Events>(
    event: E,
    listener: (payload: Events[E]) => unknown,
    payload: Events[E],
    end: (succeeded: boolean) => void,
  ): void {
    const failed = (thrown: unknown): void => {
      end(false);
      this.listenerFailed(event, thrown);
    };
    let result: unknown;
    try {
      result = listener(payload);
    } catch (thrown) {
      return failed(thrown);
    }
    if (isThenable(result)) result.then(() => end(true), failed);
    else end(true);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
