import { setTimeout as delay } from 'node:timers/promises';
import type { Journal } from '../rig/journal.js';
import type { Random } from '../rig/random.js';
import type { Answer, Door, Publish } from './door.js';
import { hashOf, payloadText } from './payload.js';

/** Answers after which the same message is sent again. */
const TRY_AGAIN = new Set(['UNAVAILABLE', 'RATE_LIMITED', 'DRAINING']);
const RETRY_MS = 100;
const POLL_MS = 5;
/** Messages without a verdict that a publisher gathers, as a multiple of what it has under way; then it waits for some. */
const OPEN_FACTOR = 4;

export interface PublisherOptions {
  readonly name: string;
  readonly topics: readonly string[];
  /** Pause between first attempts, in milliseconds; 0: as many as the door takes. */
  readonly pauseMs: number;
  /** How many of the acknowledged are sent once more, as a share. */
  readonly repeats: number;
  /** Whether what may be tried again is; without it a verdict stays as it was. */
  readonly retries: boolean;
  /** Most first attempts; default: no end. */
  readonly most?: number;
  /** Size of a payload; default: short ones, half of them odd. */
  readonly payloadBytes?: number;
}

interface Item extends Publish {
  readonly order: number;
  readonly hash: string;
  attempt: number;
  dueAt: number;
}

/** Publishes on and on, and repeats with the same msg_id whatever it has no verdict for, as the protocol asks of publishers. */
export class Publisher {
  private running = true;
  private paused = false;
  private retries: boolean;
  private order = 0;
  private sent = 0;
  private nextAt = 0;
  private retry: Item[] = [];
  private readonly settled = new Map<string, Item>();
  private readonly done: Promise<void>;

  constructor(
    private readonly door: Door,
    private readonly options: PublisherOptions,
    private readonly journal: Journal,
    private readonly random: Random,
  ) {
    this.retries = options.retries;
    this.done = this.run();
  }

  get name(): string {
    return this.options.name;
  }

  /** Publishes that have no answer yet. */
  get underWay(): number {
    return this.sent;
  }

  /** Messages without a final verdict. */
  get open(): number {
    return this.sent + this.retry.length;
  }

  /** Every first attempt that was asked for has been made, and nothing is left to be repeated. */
  get isDone(): boolean {
    return this.open === 0 && !this.mayBegin;
  }

  /** No first attempts until `resume`; what is under way goes on. */
  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  /** No first attempts any more; resolves when nothing is left to be repeated. */
  async stop(timeoutMs: number): Promise<void> {
    this.running = false;
    const late = new AbortController();
    const timeout = delay(timeoutMs, undefined, { signal: late.signal, ref: false }).then(
      () => Promise.reject(new Error(`${this.name} still had ${this.open} publishes without a verdict after ${timeoutMs} ms`)),
      () => undefined,
    );
    await Promise.race([this.done, timeout]);
    late.abort();
    this.door.close();
  }

  /** Ends it whatever is open. */
  abandon(): void {
    this.running = false;
    this.retry = [];
    this.door.close();
  }

  /** From now on what had no verdict or was refused is sent again; for publishers that began without retries. */
  beginRetries(): void {
    this.retries = true;
    for (const item of this.settled.values()) this.retryLater(item, 0);
    this.settled.clear();
  }

  private async run(): Promise<void> {
    while (this.running || this.open > 0) {
      if (this.sent >= this.door.inFlight || !this.hasDue()) {
        await delay(POLL_MS);
        continue;
      }
      await this.door.ready();
      // All that the door takes, in one turn: it may send them together.
      while (this.sent < this.door.inFlight) {
        const item = this.takeDue();
        if (item === undefined) break;
        this.send(item);
      }
    }
  }

  private get mayBegin(): boolean {
    const hasRoom = this.open < OPEN_FACTOR * this.door.inFlight;
    return this.running && !this.paused && hasRoom && this.order < (this.options.most ?? Infinity);
  }

  private hasDue(): boolean {
    const now = performance.now();
    return this.retry.some(({ dueAt }) => dueAt <= now) || (this.mayBegin && this.nextAt <= now);
  }

  private takeDue(): Item | undefined {
    const now = performance.now();
    const index = this.retry.findIndex(({ dueAt }) => dueAt <= now);
    if (index >= 0) return this.retry.splice(index, 1)[0];
    if (!this.mayBegin || this.nextAt > now) return undefined;
    this.nextAt = now + this.options.pauseMs * this.random.between(0.5, 1.5);
    this.order += 1;
    const payload = payloadText(this.name, this.order, this.random, this.options.payloadBytes);
    // Ids are a publisher's own: those of different publishers are the same on purpose.
    return {
      topic: this.random.pick(this.options.topics),
      msgId: `m-${this.order}`,
      payload,
      order: this.order,
      hash: hashOf(payload),
      attempt: 0,
      dueAt: 0,
    };
  }

  private send(item: Item): void {
    item.attempt += 1;
    const { topic, msgId, attempt, hash, order } = item;
    const of = { publisher: this.name, topic, msgId, attempt };
    this.journal.add({ kind: 'attempt', at: this.journal.now(), ...of, hash, order });
    this.sent += 1;
    void this.door.publish(item).then((answer) => {
      this.journal.add({ kind: 'result', at: this.journal.now(), ...of, outcome: answer.outcome });
      this.sent -= 1;
      this.settle(item, answer);
    });
  }

  private settle(item: Item, { outcome, retryAfterMs }: Answer): void {
    const again = outcome.kind === 'unknown' || (outcome.kind === 'refused' && TRY_AGAIN.has(outcome.code));
    if (again && !this.retries) this.settled.set(item.msgId, item);
    else if (again) this.retryLater(item, retryAfterMs ?? RETRY_MS);
    else if (outcome.kind === 'acked' && this.running && this.random.chance(this.options.repeats)) this.retryLater(item, RETRY_MS);
  }

  private retryLater(item: Item, afterMs: number): void {
    item.dueAt = performance.now() + afterMs;
    this.retry.push(item);
  }
}
