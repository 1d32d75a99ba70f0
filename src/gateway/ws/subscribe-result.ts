import type { SubscribeOutcome } from '../../messaging/subscriptions.js';
import type { Refusal } from '../../protocol/refusal.js';

/** One topic of a subscribe reply, as it stands on the wire. */
export type SubscribeResult =
  | {
      readonly topic: string;
      readonly code: 'OK';
      readonly epoch: string;
      readonly head: number;
      readonly recovered?: boolean;
      readonly count: number;
    }
  | {
      readonly topic: string;
      readonly code: Refusal['code'];
      readonly message: string;
      readonly field?: string;
      readonly rule?: string;
      readonly retry_after_ms?: number;
    };

export function subscribed({ topic, epoch, head, recovered, count }: SubscribeOutcome): SubscribeResult {
  return { topic, code: 'OK', epoch, head, ...(recovered !== undefined && { recovered }), count };
}

export function notSubscribed(topic: string, { code, message, field, rule, retryAfterMs }: Refusal): SubscribeResult {
  return {
    topic,
    code,
    message,
    ...(field !== undefined && { field }),
    ...(rule !== undefined && { rule }),
    ...(retryAfterMs !== undefined && { retry_after_ms: retryAfterMs }),
  };
}
