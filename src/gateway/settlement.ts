import type { LiveMessage } from '../messaging/frame.js';
import type { Subscriber } from '../messaging/subscriber.js';
import type { Subscriptions } from '../messaging/subscriptions.js';
import type { Telemetry } from '../telemetry/telemetry.js';

/** Counts what became of live messages that had been queued. */
export function settleOutcomes(
  telemetry: Telemetry,
  outcome: 'written' | 'dropped' | 'not_written',
  messages: readonly LiveMessage[],
): void {
  for (const { namespace } of messages) telemetry.queuedOutcome(namespace, outcome, 1);
}

/** Counts and records what a slow policy dropped: queued before, or as it was offered. */
export function settleDropped(
  { telemetry, subscriptions }: { readonly telemetry: Telemetry; readonly subscriptions: Subscriptions },
  subscriber: Subscriber,
  messages: readonly LiveMessage[],
  had: 'queued' | 'offered',
): void {
  if (had === 'queued') settleOutcomes(telemetry, 'dropped', messages);
  telemetry.dropped('slow_consumer', messages.length);
  subscriptions.except(subscriber, messages, 'slow_consumer');
}
