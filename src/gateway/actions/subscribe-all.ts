import type { SubscribeOutcome, SubscribeRequest, Subscriptions } from '../../messaging/subscriptions.js';
import { Refusal } from '../../protocol/refusal.js';
import { callerOf, reportRefusal } from '../refused.js';
import type { CommandContext } from '../ws/command-context.js';
import { notSubscribed, subscribed, type SubscribeResult } from '../ws/subscribe-result.js';

type Outcome = SubscribeOutcome | Refusal;

/** Subscribes to several topics: one refusal does not spoil the others. What was missed is pushed after the reply, then live. */
export async function subscribeAll(
  subscriptions: Subscriptions,
  requests: readonly SubscribeRequest[],
  context: CommandContext,
): Promise<{ readonly topics: readonly SubscribeResult[] }> {
  const outcomes = await Promise.all(requests.map((request) => outcomeOf(subscriptions.subscribe(context.connection, request))));
  outcomes.forEach((outcome, index) => {
    if (outcome instanceof Refusal) report(context, outcome, (requests[index] as SubscribeRequest).topic);
  });
  context.afterReply(() => {
    for (const outcome of outcomes) if (!(outcome instanceof Refusal)) outcome.activate();
  });
  context.connection.flight.subscribed(outcomes.filter(isJoined));
  return { topics: outcomes.map((outcome, index) => resultOf(outcome, requests[index] as SubscribeRequest)) };
}

function report({ connection, traceId }: CommandContext, refusal: Refusal, topic: string): void {
  connection.flight.refused('subscribe', refusal, topic);
  reportRefusal(connection.services.telemetry, refusal, { kind: 'subscribe', topic, traceId, ...callerOf(connection.facts) });
}

function isJoined(outcome: Outcome): outcome is SubscribeOutcome {
  return !(outcome instanceof Refusal);
}

async function outcomeOf(subscribing: Promise<SubscribeOutcome>): Promise<Outcome> {
  try {
    return await subscribing;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

function resultOf(outcome: Outcome, { topic }: SubscribeRequest): SubscribeResult {
  return outcome instanceof Refusal ? notSubscribed(topic, outcome) : subscribed(outcome);
}
