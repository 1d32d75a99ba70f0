import type { Message } from '../message.js';

/** What is published into a simulated topic. */
export interface SimulatedPublish {
  /** Its topic. */
  readonly topic: string;
  /** Its payload. */
  readonly data: unknown;
  /** Event name. Default `message`. */
  readonly action?: string | undefined;
  /** Idempotency key. */
  readonly msgId: string;
  /** When it is accepted, milliseconds since the epoch. */
  readonly timestamp: number;
}

/** One topic of the simulated gateway: gapless positions, an epoch, and a history that can be cut. */
export class SimulatedLog {
  #messages: Message[] = [];
  #epochs = 1;
  #head = 0;

  constructor(
    /** Its topic. */
    readonly topic: string,
  ) {}

  /** The current epoch: `e1`, then `e2` … */
  get epoch(): string {
    return `e${this.#epochs}`;
  }

  /** Highest `seq`; 0 when nothing was stored in this epoch. */
  get head(): number {
    return this.#head;
  }

  /** Messages up to and including this `seq` are gone. */
  get floor(): number {
    return this.#head - this.#messages.length;
  }

  /** Stores a message, or answers the one stored before under its key. */
  append({ topic, data, action, msgId, timestamp }: SimulatedPublish): { readonly message: Message; readonly duplicate: boolean } {
    const known = this.#messages.find((message) => message.msgId === msgId);
    if (known !== undefined) return { message: known, duplicate: true };
    this.#head += 1;
    const position = { epoch: this.epoch, seq: this.#head };
    // Copied as the wire would: what the publisher changes afterwards must not change the log.
    const copy: unknown = data === undefined ? null : JSON.parse(JSON.stringify(data));
    const message = {
      topic,
      ...position,
      msgId,
      action: action ?? 'message',
      data: copy,
      timestamp,
      clientTimestamp: undefined,
      trace: undefined,
    };
    this.#messages.push(message);
    return { message, duplicate: false };
  }

  /** Messages with a greater `seq`, oldest first. */
  after(seq: number, limit = Number.POSITIVE_INFINITY): readonly Message[] {
    return this.#messages.filter((message) => message.seq > seq).slice(0, limit);
  }

  /** The last messages with a smaller `seq`, oldest first. */
  before(seq: number, limit: number): readonly Message[] {
    return this.#messages.filter((message) => message.seq < seq).slice(-limit);
  }

  /** Forgets history up to and including a `seq`, as retention does. */
  expire(seq: number): void {
    this.#messages = this.#messages.filter((message) => message.seq > seq);
  }

  /** Begins a new epoch with nothing in it. */
  restart(): void {
    this.#epochs += 1;
    this.#head = 0;
    this.#messages = [];
  }
}
