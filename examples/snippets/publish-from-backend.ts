import { setTimeout } from 'node:timers/promises';

interface Answer {
  readonly code: string;
  readonly message: string;
  readonly retry_after_ms?: number;
  readonly data: { readonly topic: string; readonly epoch: string; readonly seq: number; readonly duplicate?: boolean };
}

/** After these, and where no answer came, the same request may be sent again: the key makes the repeat harmless. */
const REPEATABLE = ['UNKNOWN_OUTCOME', 'UNAVAILABLE', 'DRAINING', 'RATE_LIMITED'];
const ATTEMPTS = 5;

/** Publishes an event about an order, exactly once however often it has to be sent. */
export async function publishOrderEvent(gateway: string, apiKey: string, order: string, state: string): Promise<Answer['data']> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await fetch(`${gateway}/api/v1/topics/orders.${order}/messages`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${apiKey}`,
        'Content-Type': 'application/json',
        // Made of what the event is, not of chance: a restarted program sends the same one.
        'Idempotency-Key': `order-${order}-${state}`,
      },
      body: JSON.stringify({ action: `order.${state}`, data: { order, state } }),
      signal: AbortSignal.timeout(10_000),
    })
      .then((response) => response.json() as Promise<Answer>)
      .catch((error: unknown) => ({ code: 'UNAVAILABLE', message: String(error), retry_after_ms: undefined }));
    if ('data' in answer && answer.code === 'OK') return answer.data;
    if (!REPEATABLE.includes(answer.code) || attempt === ATTEMPTS) throw new Error(`${answer.code}: ${answer.message}`);
    await setTimeout(answer.retry_after_ms ?? 100 * 2 ** attempt);
  }
}
