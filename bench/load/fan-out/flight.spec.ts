import { describe, expect, it } from 'vitest';
import { Flight } from './flight.ts';

function flightOf(subscribers: number, inFlight: number): { readonly flight: Flight; readonly completed: number[] } {
  const completed: number[] = [];
  return { flight: new Flight(subscribers, inFlight, (publishes) => completed.push(publishes)), completed };
}

describe('Flight', () => {
  it('has a publish complete when the last subscriber has it, not before', () => {
    const { flight, completed } = flightOf(3, 2);
    expect([flight.send(), flight.send()]).toEqual([0, 1]);
    flight.received(0, 2);
    flight.received(0, 1);
    expect(completed).toEqual([]);
    flight.received(0, 2);
    expect(completed).toEqual([1]);
    expect(flight.isEmpty).toBe(false);
    flight.received(1, 2);
    expect(completed).toEqual([1, 1]);
    expect(flight.isEmpty).toBe(true);
  });

  it('tells of several at once where one chunk completed them', () => {
    const { flight, completed } = flightOf(1, 8);
    for (let sent = 0; sent < 8; sent += 1) flight.send();
    flight.received(0, 8);
    expect(completed).toEqual([8]);
  });

  it('goes on where the numbers of publishes pass what is in flight', () => {
    const { flight, completed } = flightOf(2, 3);
    for (let round = 0; round < 10; round += 1) {
      const first = flight.send();
      for (const before of [first, first]) flight.received(before, before + 1);
    }
    expect(completed).toEqual(Array.from({ length: 10 }, () => 1));
  });

  it('refuses what nobody published', () => {
    const { flight } = flightOf(1, 1);
    flight.send();
    expect(() => flight.received(0, 2)).toThrow('received 2 messages of 1');
  });
});
