/**
 * The publishes under way. One is complete when every subscriber has received it: that is the same for servers that acknowledge
 * and for those that do not, and none can run ahead of its own fan-out. Every subscriber receives in order, so the publishes
 * complete in order too.
 */
export class Flight {
  /** Publishes so far; also the number of the next one. */
  sent = 0;
  readonly #subscribers: number;
  readonly #mask: number;
  /** By number of the publish: how many subscribers have yet to receive it, and when it was sent. */
  readonly #missing: Int32Array;
  readonly #sentAt: Float64Array;
  readonly #onCompleted: (publishes: number) => void;
  #completed = 0;

  constructor(subscribers: number, inFlight: number, onCompleted: (publishes: number) => void) {
    const slots = 2 ** Math.ceil(Math.log2(inFlight));
    this.#subscribers = subscribers;
    this.#mask = slots - 1;
    this.#missing = new Int32Array(slots);
    this.#sentAt = new Float64Array(slots);
    this.#onCompleted = onCompleted;
  }

  get isEmpty(): boolean {
    return this.#completed === this.sent;
  }

  /** Answers the number of the publish that leaves now. */
  send(): number {
    const number = this.sent;
    this.sent += 1;
    this.#missing[number & this.#mask] = this.#subscribers;
    this.#sentAt[number & this.#mask] = performance.now();
    return number;
  }

  /** Milliseconds since this publish, which is still under way, was sent. */
  ageMs(number: number): number {
    return performance.now() - (this.#sentAt[number & this.#mask] as number);
  }

  /** A subscriber that had received `before` messages has received `after` now. Throws where that is more than were published. */
  received(before: number, after: number): void {
    if (after > this.sent) throw new Error(`a subscriber received ${after} messages of ${this.sent} that were published`);
    let completed = 0;
    for (let number = before; number < after; number += 1) {
      const slot = number & this.#mask;
      const missing = (this.#missing[slot] as number) - 1;
      this.#missing[slot] = missing;
      if (missing === 0) completed += 1;
    }
    if (completed === 0) return;
    this.#completed += completed;
    this.#onCompleted(completed);
  }
}
