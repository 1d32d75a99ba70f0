import type { Clock } from './clock.js';
import { type HistoryReader, MissedMessages } from './missed-messages.js';
import type { Gap, Message, Position, Reset } from './message.js';

/** Live messages held back while what came before them is fetched; more are fetched again instead. */
const HELD_LIMIT = 1_000;

export interface CursorSink {
  readonly message: (message: Message) => void;
  readonly gap: (gap: Gap) => void;
  readonly reset: (reset: Reset) => void;
}

export interface CursorOptions {
  readonly topic: string;
  readonly history: HistoryReader;
  readonly clock: Clock;
  /** Most messages fetched from history after one absence; the rest is told as a gap. */
  readonly maxCatchUp: number;
}

/** How the server answered a subscription. */
export interface TopicAnswer {
  readonly epoch: string;
  readonly head: number;
  /** Whether all that was missed follows; undefined where no position was sent. */
  readonly recovered: boolean | undefined;
}

/**
 * Where we are in one topic. Messages leave it in rising `seq`, none twice; each hole is filled from history or told as a gap,
 * and a new epoch as a reset.
 */
export class Cursor {
  #position: Position | undefined;
  /** The next message may have any `seq`: the position came from a reset or from "the start", not from a message. */
  #floating = false;
  #missed: MissedMessages | undefined;
  #held: (() => void)[] = [];

  constructor(
    private readonly options: CursorOptions,
    private readonly sink: CursorSink,
  ) {}

  get position(): Position | undefined {
    return this.#position;
  }

  /** Begins after a known position, or at the start of history. */
  beginAt(since: Position | { readonly seq: number } | 'start'): void {
    if (since === 'start') this.#position = { epoch: '', seq: 0 };
    else this.#position = { epoch: 'epoch' in since ? since.epoch : '', seq: since.seq };
    this.#floating = since === 'start';
  }

  /** The server's answer to a subscription or a resume. */
  answered({ epoch, head, recovered }: TopicAnswer): void {
    const position = this.#position;
    if (position === undefined) {
      this.#position = { epoch, seq: head };
      return;
    }
    if (position.epoch === '') this.#position = { epoch, seq: position.seq };
    else if (position.epoch !== epoch || position.seq > head) return this.#restart({ epoch, seq: head });
    if (recovered !== true && head > position.seq) this.#catchUp(head);
  }

  /** A message pushed by the server. */
  accept(message: Message): void {
    if (this.#missed !== undefined) return this.#hold(message.seq, () => this.accept(message));
    const position = this.#position;
    if (position === undefined) return this.#deliver(message);
    if (position.epoch !== message.epoch) {
      this.#restart({ epoch: message.epoch, seq: message.seq - 1 });
      return this.#deliver(message);
    }
    if (message.seq <= position.seq) return;
    if (this.#floating || message.seq === position.seq + 1) return this.#deliver(message);
    this.#catchUp(message.seq - 1);
    this.#hold(message.seq, () => this.accept(message));
  }

  /** The server says that it cannot deliver these. */
  gap(from: number, to: number, reason: string): void {
    if (this.#missed !== undefined) return this.#hold(to, () => this.gap(from, to, reason));
    const position = this.#position;
    if (position !== undefined && to > position.seq) this.#skip(Math.max(from, position.seq + 1), to, reason);
  }

  /** The server says that the log began anew; `seq` where it names its head. */
  reset(epoch: string, seq: number | undefined): void {
    if (this.#position === undefined || this.#position.epoch === epoch) return;
    this.#restart({ epoch, seq: seq ?? 0 });
    this.#floating = seq === undefined;
  }

  /** The connection broke, or the subscription ended: what is under way is forgotten, the position stays. */
  interrupt(): void {
    this.#missed?.stop();
    this.#missed = undefined;
    this.#held = [];
  }

  /** Between two connections: the next one goes on before what was reached. */
  rewind(seq: number): void {
    if (this.#position !== undefined && seq < this.#position.seq) this.#position = { epoch: this.#position.epoch, seq };
  }

  #deliver(message: Message): void {
    this.#position = { epoch: message.epoch, seq: message.seq };
    this.#floating = false;
    this.sink.message(message);
  }

  #skip(from: number, to: number, reason: string): void {
    if (this.#position === undefined) return;
    this.#position = { epoch: this.#position.epoch, seq: to };
    this.sink.gap({ topic: this.options.topic, from, to, reason });
  }

  #restart(current: Position): void {
    const previous = this.#position;
    this.interrupt();
    this.#position = current;
    this.#floating = false;
    if (previous !== undefined) this.sink.reset({ topic: this.options.topic, previous, current });
  }

  #hold(seq: number, replay: () => void): void {
    if (this.#held.length < HELD_LIMIT) this.#held.push(replay);
    else this.#missed?.extendTo(seq);
  }

  #catchUp(to: number): void {
    const from = this.#position?.seq ?? 0;
    const missed = new MissedMessages(this.options, {
      after: () => this.#position?.seq ?? 0,
      message: (message) => this.#fetched(message),
      lost: (last, reason) => this.#skip((this.#position?.seq ?? 0) + 1, last, reason),
      reset: (current) => this.#restart(current),
      done: () => this.#caughtUp(),
    });
    this.#missed = missed;
    const least = to - this.options.maxCatchUp;
    if (least > from) this.#skip(from + 1, least, `more than ${this.options.maxCatchUp} messages were missed`);
    if (this.#missed === missed) missed.fetch(to, this.#position?.epoch ?? '');
  }

  #fetched(message: Message): void {
    const seq = this.#position?.seq ?? 0;
    if (message.seq <= seq) return;
    if (message.seq > seq + 1 && !this.#floating) this.#skip(seq + 1, message.seq - 1, 'no longer in history');
    this.#deliver(message);
  }

  #caughtUp(): void {
    this.#missed = undefined;
    const held = this.#held;
    this.#held = [];
    for (const replay of held) replay();
  }
}
