import type { LiveMessage } from '../messaging/frame.js';
import type { Subscriber } from '../messaging/subscriber.js';
import type { Subscriptions } from '../messaging/subscriptions.js';
import type { ConnectionFacts, QueuedOutcome, Telemetry } from '../telemetry/telemetry.js';

/** Counts what became of live messages that had been queued. */
export function settleOutcomes(
  telemetry: Telemetry,
  connection: ConnectionFacts,
  outcome: QueuedOutcome,
  messages: readonly LiveMessage[],
): void {
  for (const { namespace } of messages) telemetry.queuedOutcome(namespace, outcome, 1);
  if (telemetry.probes.isActive) telemetry.probes.saw({ kind: 'settled', connection, outcome, messages });
}

/** Counts and records what a slow policy dropped: queued before, or as it was offered. */
export function settleDropped(
  { telemetry, subscriptions }: { readonly telemetry: Telemetry; readonly subscriptions: Subscriptions },
  subscriber: Subscriber & { readonly facts: ConnectionFacts },
  messages: readonly LiveMessage[],
  had: 'queued' | 'offered',
): void {
  if (had === 'queued') settleOutcomes(telemetry, subscriber.facts, 'dropped', messages);
  telemetry.dropped('slow_consumer', messages.length);
  subscriptions.except(subscriber, messages, 'slow_consumer');
}
