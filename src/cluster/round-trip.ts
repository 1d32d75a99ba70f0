import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Telemetry } from '../telemetry/telemetry.js';
import { RedisClock } from './redis-clock.js';
import type { RedisConnection } from './redis-connection.js';
import type { RedisSubscriber } from './redis-subscriber.js';

const TAG_BYTES = 8;
/** Turns that Redis took and this node did not hear, after which a link that brings nothing else either is deaf. */
const SILENT_TURNS = 4;
/** The same of a link that brings other things. */
const MISSED_TURNS = 20;
const MICROSECONDS = 1_000;

/** What a round trip goes through. */
export interface RoundTripWay {
  readonly commands: RedisConnection;
  readonly subscriber: RedisSubscriber;
  publish(channel: string, data: string): Promise<unknown>;
  /** A name that no other node uses. */
  channel(tag: string): string;
}

/**
 * Whether this node hears what is published. A connection that is up proves nothing: Redis may have lost its subscriptions, or something
 * between drops what it sends. So the node publishes to a channel of its own, turn by turn, and has to hear it; that is its lag, too, by
 * one clock. What is not heard within a turn is doubted: other ways to the messages are used. A link that stays deaf is made anew, and is
 * not trusted until something was heard over it.
 */
export class RoundTrip {
  readonly clock = new RedisClock();
  private readonly channel: string;
  /** When each turn was sent that was not heard yet. */
  private readonly sentAt = new Map<number, number>();
  private readonly changeListeners: (() => void)[] = [];
  private turn = 0;
  /** Turns in a row that Redis took and that were not heard. */
  private missed = 0;
  private hearing = false;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(
    private readonly way: RoundTripWay,
    private readonly telemetry: Telemetry,
    private readonly everyMs: number,
  ) {
    const { commands, subscriber } = way;
    this.channel = way.channel(randomBytes(TAG_BYTES).toString('hex'));
    void subscriber.subscribe(this.channel, (data) => this.heard(Number(data.toString())));
    subscriber.onComplete(() => this.look());
    subscriber.onLost(() => this.forget());
    commands.on('up', () => this.look());
    this.look();
  }

  /** Whether what was published came lately. */
  get isHearing(): boolean {
    return this.hearing;
  }

  /** Called each time this node has begun to hear, or no longer does. */
  onChange(listener: () => void): void {
    this.changeListeners.push(listener);
  }

  /** Resolves when it hears, or after so many milliseconds; answers whether it does. */
  async settled(withinMs: number): Promise<boolean> {
    const waiting = new AbortController();
    const came = new Promise<void>((resolve) => this.onChange(resolve));
    if (!this.hearing) await Promise.race([came, delay(withinMs, undefined, { signal: waiting.signal }).catch(() => undefined)]);
    waiting.abort();
    return this.hearing;
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  private look(): void {
    clearTimeout(this.timer);
    if (this.closed) return;
    // Where the event loop stood still, what has come meanwhile is read first.
    this.timer = setTimeout(() => setImmediate(() => this.judge()), this.everyMs);
    this.timer.unref();
    if (this.way.commands.up && this.way.subscriber.isComplete) void this.send();
  }

  private judge(): void {
    const now = performance.now();
    for (const sentAt of this.sentAt.values()) if (now - sentAt >= this.everyMs) this.become(false);
    const { subscriber } = this.way;
    const most = now - subscriber.heardAt > SILENT_TURNS * this.everyMs ? SILENT_TURNS : MISSED_TURNS;
    if (this.missed >= most && subscriber.isComplete) {
      this.telemetry.busError('probe');
      subscriber.renew('what this node published did not come back to it');
    }
    this.look();
  }

  private async send(): Promise<void> {
    const turn = (this.turn += 1);
    const sentAt = performance.now();
    this.sentAt.set(turn, sentAt);
    this.sentAt.delete(turn - MISSED_TURNS);
    try {
      const [[seconds, microseconds]] = await Promise.all([this.way.commands.client.time(), this.way.publish(this.channel, String(turn))]);
      this.clock.learn(Number(seconds) * 1_000 + Number(microseconds) / MICROSECONDS, sentAt, performance.now());
      if (this.sentAt.has(turn)) this.missed += 1;
    } catch {
      // It was not published, as far as is known: that it is not heard says nothing of the subscriptions.
      this.sentAt.delete(turn);
    }
  }

  private heard(turn: number): void {
    const sentAt = this.sentAt.get(turn);
    if (sentAt === undefined) return;
    for (const earlier of this.sentAt.keys()) if (earlier <= turn) this.sentAt.delete(earlier);
    this.missed = 0;
    this.telemetry.busRoundTrip(performance.now() - sentAt);
    this.become(true);
  }

  private forget(): void {
    this.sentAt.clear();
    this.missed = 0;
    this.become(false);
  }

  private become(hearing: boolean): void {
    if (this.hearing === hearing) return;
    this.hearing = hearing;
    for (const listener of this.changeListeners) listener();
  }
}
