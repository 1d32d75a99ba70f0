import { setTimeout as delay } from 'node:timers/promises';
import type { Flight } from './flight.ts';

const LAST_DELIVERIES_MS = 10_000;
/** For what comes although everything has come. */
const SURPLUS_MS = 100;
const POLL_MS = 5;

/** Waits until nothing is under way. Throws where a subscriber has not received exactly what was published: the figures are then of something else. */
export async function requireAllReceived(
  flight: Flight,
  subscribers: readonly { readonly received: number }[],
  lastDeliveriesMs = LAST_DELIVERIES_MS,
): Promise<void> {
  const deadline = performance.now() + lastDeliveriesMs;
  while (!flight.isEmpty && performance.now() < deadline) await delay(POLL_MS);
  await delay(SURPLUS_MS);
  const wrong = subscribers.filter(({ received }) => received !== flight.sent);
  if (wrong.length === 0) return;
  throw new Error(
    `${flight.sent} messages were published, and ${wrong.length} subscribers received another number, one ${wrong[0]?.received}`,
  );
}
