import type { Clock } from './clock.js';
import { asWaybillError, type WaybillError, type WaybillErrorCode } from './errors.js';
import type { HistoryPage, Message, Position } from './message.js';

/** Reads history over the connection; without `after` it begins with the oldest message that is left. */
export type HistoryReader = (topic: string, range: { readonly after?: number; readonly limit: number }) => Promise<HistoryPage>;

const PAGE = 200;
const ATTEMPTS = 5;
const PAUSE_MS = 1_000;
const WORTH_REPEATING: ReadonlySet<WaybillErrorCode> = new Set([
  'UNAVAILABLE',
  'RATE_LIMITED',
  'LIMIT_EXCEEDED',
  'INTERNAL',
  'TIMEOUT',
  'DEADLINE_EXCEEDED',
  'REPLY_TIMEOUT',
]);

export interface MissedHandlers {
  /** The `seq` reached so far. */
  readonly after: () => number;
  readonly message: (message: Message) => void;
  /** Everything up to `last` cannot be had. */
  readonly lost: (last: number, reason: string) => void;
  readonly reset: (current: Position) => void;
  readonly done: () => void;
}

/** Pages through history until a `seq` is reached. Stops silently when stopped: the connection's return begins it anew. */
export class MissedMessages {
  #target = 0;
  #stopped = false;

  constructor(
    private readonly options: { readonly topic: string; readonly history: HistoryReader; readonly clock: Clock },
    private readonly handlers: MissedHandlers,
  ) {}

  fetch(target: number, epoch: string): void {
    this.#target = target;
    void this.#run(epoch);
  }

  extendTo(target: number): void {
    this.#target = Math.max(this.#target, target);
  }

  stop(): void {
    this.#stopped = true;
  }

  async #run(epoch: string): Promise<void> {
    let fromOldest = false;
    let failures = 0;
    while (!this.#stopped && this.handlers.after() < this.#target) {
      const page = await this.#page(fromOldest);
      if (this.#stopped) return;
      if ('messages' in page) {
        failures = 0;
        fromOldest = false;
        this.#take(page, epoch);
      } else if (page.code === 'HISTORY_GONE' && !fromOldest) {
        fromOldest = true;
      } else if (page.code === 'CONNECTION_LOST' || page.code === 'CLOSED' || page.code === 'CLOSED_BY_SERVER') {
        return;
      } else if (WORTH_REPEATING.has(page.code) && failures < ATTEMPTS) {
        failures += 1;
        await this.#pause(page.retryAfterMs ?? PAUSE_MS);
      } else {
        this.handlers.lost(this.#target, `history could not be read: ${page.code}`);
      }
    }
    if (!this.#stopped) this.handlers.done();
  }

  #take(page: HistoryPage, epoch: string): void {
    if (page.epoch !== epoch) return this.handlers.reset({ epoch: page.epoch, seq: page.head });
    for (const message of page.messages) {
      if (this.#stopped) return;
      this.handlers.message(message);
    }
    if (!this.#stopped && page.messages.length === 0) this.handlers.lost(this.#target, 'no longer in history');
  }

  #page(fromOldest: boolean): Promise<HistoryPage | WaybillError> {
    const range = fromOldest ? { limit: PAGE } : { after: this.handlers.after(), limit: PAGE };
    return this.options
      .history(this.options.topic, range)
      .catch((thrown: unknown) => asWaybillError(thrown, 'BAD_FRAME', 'History could not be read'));
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.options.clock.after(ms, resolve));
  }
}
