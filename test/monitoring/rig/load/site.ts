import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../../../faults/rig/random.js';
import type { Program } from '../../../support/program.js';
import { RestCaller } from '../rest-caller.js';

/** Durable, ephemeral, and for readers that do not keep up. */
export const TOPICS = {
  durable: ['orders.1', 'orders.2', 'orders.3', 'chat.lobby'],
  ephemeral: ['live.a', 'live.b'],
  lossy: ['latest.a', 'oldest.a'],
} as const;

/** Settings of a gateway under this load: all that happens seldom happens often. */
export const LOADED = {
  WAYBILL_NAMESPACES: JSON.stringify({
    orders: {},
    chat: {},
    live: { durable: false, buffer_length: 50 },
    latest: { durable: false, slow: 'keep_latest' },
    oldest: { durable: false, slow: 'drop_oldest' },
  }),
  WAYBILL_QUEUE_BYTES: '131072',
  WAYBILL_PING_INTERVAL_MS: '2000',
  WAYBILL_CANARY_INTERVAL_MS: '1000',
  WAYBILL_LEDGER_CHECKPOINT_MS: '1000',
  WAYBILL_TRACE_RATIO: '0.2',
} as const;

/** What every part of the load goes to. */
export interface Site {
  readonly node: Program;
  readonly rest: RestCaller;
  readonly databaseUrl: string;
  readonly random: Random;
  /** Ends the load. */
  readonly signal: AbortSignal;
}

/** Does it again and again, with pauses around a mean, until the load ends. */
export async function repeat({ signal, random }: Site, meanMs: number, work: () => Promise<unknown>): Promise<void> {
  while (!signal.aborted) {
    await work();
    await delay(random.between(0.5, 1.5) * meanMs);
  }
}

/** Until the load ends. */
export function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
