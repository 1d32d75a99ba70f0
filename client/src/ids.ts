/**
 * Ids of this client's frames: 96 random bits, then a counter. Unique over processes and restarts, as the idempotency of
 * publishes needs. `crypto.randomUUID` is not used: browsers have it on secure origins only.
 */
export class IdSource {
  #count = 0;
  readonly #prefix: string;

  constructor() {
    const bytes = crypto.getRandomValues(new Uint8Array(12));
    this.#prefix = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  }

  next(): string {
    this.#count += 1;
    return `${this.#prefix}-${this.#count}`;
  }
}
