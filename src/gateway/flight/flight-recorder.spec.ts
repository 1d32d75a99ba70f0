import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FlightRecorder } from './flight-recorder.js';

const OPENED = 1_763_700_000_000;
const FACTS = { address: '192.0.2.1', client: 'web/1.2', user: 'alice' };

beforeEach(() => vi.useFakeTimers({ now: OPENED, toFake: ['Date'] }));
afterEach(() => vi.useRealTimers());

const pass = (ms: number): void => void vi.setSystemTime(Date.now() + ms);
const recorder = (capacity = 64): FlightRecorder => new FlightRecorder(OPENED, capacity);
const told = (flight: FlightRecorder): readonly string[] =>
  flight.events(FACTS).map(({ at, kind, detail }) => `${at - OPENED} ${kind}${detail === undefined ? '' : ` ${detail}`}`);

describe('a flight recorder', () => {
  it('tells what happened, with times, from the beginning', () => {
    const flight = recorder();
    pass(3);
    flight.authenticated('header');
    flight.note('welcome');
    pass(40);
    flight.subscribed([
      { topic: 'chat.a', recovered: true, count: 7 },
      { topic: 'chat.b', recovered: false, count: 0 },
      { topic: 'chat.c', recovered: undefined, count: 0 },
    ]);
    pass(100);
    flight.unsubscribed(['chat.b']);
    flight.note('closed', '1000 closed by the client');
    expect(told(flight)).toEqual([
      '0 connected 192.0.2.1, web/1.2',
      '3 authenticated header, alice',
      '3 welcome',
      '43 subscribed chat.a',
      '43 subscribed chat.b',
      '43 subscribed chat.c',
      '43 recovered 7 of chat.a',
      '43 not_recovered chat.b',
      '143 unsubscribed chat.b',
      '143 closed 1000 closed by the client',
    ]);
    expect(flight.forgotten).toBe(0);
  });

  it.each([1, 2, 3, 5, 64, 100])('keeps the last %i events and counts those that it forgot', (capacity) => {
    const flight = recorder(capacity);
    for (let n = 0; n < 250; n += 1) {
      pass(1);
      flight.note('subscribed', `t.${n}`);
      const [, ...kept] = told(flight);
      const least = Math.max(0, n + 1 - capacity);
      expect(kept).toEqual(Array.from({ length: n + 1 - least }, (_, index) => `${least + index + 1} subscribed t.${least + index}`));
    }
    expect(flight.forgotten).toBe(250 - capacity);
  });

  it('keeps nothing where none are asked for', () => {
    const flight = recorder(0);
    flight.authenticated('header');
    flight.slow(true);
    flight.waiting(1e9);
    flight.dropped(3);
    flight.dropped(3);
    flight.roundTrip(5);
    flight.refused('publish', { code: 'RATE_LIMITED', rule: 'r', field: undefined });
    flight.refused('publish', { code: 'RATE_LIMITED', rule: 'r', field: undefined });
    expect([flight.events(FACTS), flight.forgotten]).toEqual([[], 0]);
  });

  it('lasts for longer than its numbers are small', () => {
    const flight = recorder();
    pass(40 * 24 * 3_600_000);
    flight.note('welcome');
    expect(told(flight).at(-1)).toBe(`${40 * 24 * 3_600_000} welcome`);
  });

  it('keeps its order where the clock is put back', () => {
    const flight = recorder();
    pass(-60_000);
    flight.note('welcome');
    expect(told(flight)).toEqual(['0 connected 192.0.2.1, web/1.2', '0 welcome']);
  });

  it('tells many topics of one command as one', () => {
    const flight = recorder();
    flight.subscribed(Array.from({ length: 100 }, (_, n) => ({ topic: `t.${n}`, recovered: n % 2 === 0, count: 3 })));
    expect(told(flight).slice(1)).toEqual([
      '0 subscribed 100 topics: t.0, t.1, t.2 …',
      '0 recovered 150 of 50 topics',
      '0 not_recovered 50 topics: t.1, t.3, t.5 …',
    ]);
  });

  it('tells a flickering line as one slow spell, and the next one apart', () => {
    const flight = recorder();
    for (let n = 0; n < 500; n += 1) {
      flight.slow(true);
      flight.waiting(1_000 + n);
      pass(2);
      flight.dropped(2);
      flight.gapsTold(1);
      flight.slow(false);
      pass(3);
    }
    pass(60_000);
    flight.slow(true);
    flight.waiting(300_000);
    flight.waiting(70_000);
    flight.waiting(600_000);
    pass(50);
    flight.note('closing', '4408 slow consumer, by the server');
    expect(told(flight).slice(1)).toEqual([
      '0 slow',
      '2 dropped 1000',
      '2 gap 500',
      '2497 caught_up 500 times, 1000 ms in all, up to 1499 bytes waiting',
      '62500 slow',
      '62500 high_water 300000',
      '62500 high_water 600000',
      '62550 closing 4408 slow consumer, by the server',
    ]);
  });

  it('counts drops anew where their event was forgotten', () => {
    const flight = recorder(2);
    flight.slow(true);
    flight.dropped(5);
    flight.note('welcome');
    flight.note('welcome');
    flight.dropped(1);
    expect(told(flight).slice(1)).toEqual(['0 welcome', '0 dropped 1']);
  });

  it('tells the same refusal again and again as one', () => {
    const flight = recorder();
    const limited = { code: 'RATE_LIMITED', rule: 'limits.commands', field: undefined } as const;
    for (let n = 0; n < 1_000; n += 1) flight.refused('publish', limited, 'chat.a');
    expect(told(flight).at(-1)).toBe('0 refused publish chat.a: RATE_LIMITED (limits.commands), 1000 times');
    flight.refused('publish', { code: 'BAD_REQUEST', rule: undefined, field: 'data.topic' });
    expect(told(flight).slice(1)).toEqual([
      '0 refused publish chat.a: RATE_LIMITED (limits.commands), 1000 times',
      '0 refused publish: BAD_REQUEST (data.topic)',
    ]);
  });

  it('tells why reading stopped and for how long', () => {
    const flight = recorder();
    for (let n = 0; n < 100; n += 1) {
      flight.readingPaused('publishes wait');
      pass(5);
      flight.readingResumed();
    }
    expect(told(flight).slice(1)).toEqual(['0 reading_paused publishes wait', '500 reading_resumed 100 times, 500 ms in all']);
  });

  it('keeps few pings, and none of what happened goes for them', () => {
    const flight = recorder();
    flight.note('welcome');
    for (let n = 0; n < 400; n += 1) {
      pass(25_000);
      flight.roundTrip(n === 390 ? 800 : 20);
    }
    const pings = told(flight).filter((line) => line.includes('round_trip'));
    expect(told(flight)).toContain('0 welcome');
    expect(pings.length).toBeLessThanOrEqual(9);
    expect(pings).toContain(`${391 * 25_000} round_trip 800`);
    expect(pings.at(-1)).toBe(`${400 * 25_000} round_trip 20`);
  });

  it('shows no token, forges no line, and holds no long text', () => {
    const flight = recorder();
    const token = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl';
    flight.refused('subscribe', { code: 'BAD_REQUEST', rule: undefined, field: 'data.topic' }, `a\n${token}`);
    flight.subscribed([{ topic: token, recovered: undefined, count: 0 }]);
    flight.refused('publish', { code: 'BAD_REQUEST', rule: undefined, field: 'data.topic' }, 'x'.repeat(60_000));
    const text = told(flight).join('\n');
    expect(text).not.toContain('eyJ');
    expect(text).toContain('a\\u{a}[redacted]');
    expect(Math.max(...told(flight).map((line) => line.length))).toBeLessThan(220);
  });
});
