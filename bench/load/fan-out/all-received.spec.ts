import { describe, expect, it } from 'vitest';
import { requireAllReceived } from './all-received.ts';
import { Flight } from './flight.ts';

const SHORT_MS = 20;

/** Two subscribers, of whom each has received so many of three publishes. */
function received(...counts: readonly number[]): {
  readonly flight: Flight;
  readonly subscribers: readonly { readonly received: number }[];
} {
  const flight = new Flight(counts.length, 4, () => undefined);
  for (let sent = 0; sent < 3; sent += 1) flight.send();
  for (const count of counts) flight.received(0, Math.min(count, 3));
  return { flight, subscribers: counts.map((count) => ({ received: count })) };
}

describe('requireAllReceived', () => {
  it('is content where everybody has everything', async () => {
    const { flight, subscribers } = received(3, 3);
    await expect(requireAllReceived(flight, subscribers, SHORT_MS)).resolves.toBeUndefined();
  });

  it.each([
    ['a message too few', 2],
    ['a message too many', 4],
  ])('refuses %s', async (_what, count) => {
    const { flight, subscribers } = received(3, count);
    const problem = `3 messages were published, and 1 subscribers received another number, one ${count}`;
    await expect(requireAllReceived(flight, subscribers, SHORT_MS)).rejects.toThrow(problem);
  });

  it('waits for the last deliveries', async () => {
    const { flight, subscribers } = received(3, 2);
    setTimeout(() => {
      flight.received(2, 3);
      Object.assign(subscribers[1] ?? {}, { received: 3 });
    }, SHORT_MS);
    await expect(requireAllReceived(flight, subscribers)).resolves.toBeUndefined();
  });
});
