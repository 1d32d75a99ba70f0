import type { WatchedPlace, WatchedResult } from '../../telemetry/probe-watch.js';
import type { DeliverySpan } from './probe-spans.js';
import { keyOf } from './recent-messages.js';

/** Deliveries that may be waiting at once; beyond it the oldest is forgotten, and its end is told without its waiting time. */
const MOST_WAITING = 8_192;

interface Delivery {
  readonly since: number;
  readonly span: DeliverySpan | undefined;
}

/** Deliveries that were offered and have no final outcome yet, by connection and message. */
export class WatchedDeliveries {
  private readonly waiting = new Map<string, Delivery>();

  get size(): number {
    return this.waiting.size;
  }

  /** A message is about to be offered. Where two probes watch the delivery, the first one's span is its span. */
  begin(connection: string, place: WatchedPlace, span: () => DeliverySpan | undefined): void {
    const key = keyFor(connection, place);
    if (this.waiting.has(key)) return;
    if (this.waiting.size >= MOST_WAITING) this.forgetOldest();
    this.waiting.set(key, { since: performance.now(), span: span() });
  }

  /** What the offer was answered; answers whether the outcome is still open. */
  became(connection: string, place: WatchedPlace, result: WatchedResult): boolean {
    if (result === 'queued') return this.waiting.has(keyFor(connection, place));
    this.settle(connection, place, result);
    return false;
  }

  /** It has its outcome; answers how long it waited, in milliseconds, where that is known. */
  settle(connection: string, place: WatchedPlace, outcome: string): number | undefined {
    const key = keyFor(connection, place);
    const delivery = this.waiting.get(key);
    if (delivery === undefined) return undefined;
    this.waiting.delete(key);
    const waitedMs = performance.now() - delivery.since;
    delivery.span?.end(outcome, waitedMs);
    return waitedMs;
  }

  /** Nobody watches any more. */
  clear(): void {
    for (const { span, since } of this.waiting.values()) span?.end('unknown', performance.now() - since);
    this.waiting.clear();
  }

  private forgetOldest(): void {
    const [oldest] = this.waiting;
    if (oldest === undefined) return;
    const [key, { span, since }] = oldest;
    this.waiting.delete(key);
    span?.end('unknown', performance.now() - since);
  }
}

function keyFor(connection: string, place: WatchedPlace): string {
  return `${connection}\n${keyOf(place)}`;
}
