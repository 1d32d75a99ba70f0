import { afterEach, describe, expect, it, vi } from 'vitest';
import { PLATFORM_ONLINE } from './online.js';
import { type Simulation, simulate } from './spec-support/simulation.js';
import { SimulatedRefusal } from './testing/simulated-session.js';

/** A client with a network that the test calls back. */
function simulateOnline(): Simulation & { readonly online: () => void; readonly listeners: Set<() => void> } {
  const listeners = new Set<() => void>();
  const simulation = simulate({
    online: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  });
  return { ...simulation, listeners, online: () => listeners.forEach((listener) => listener()) };
}

describe('when the network is back', () => {
  it('a client that waits tries at once, and once', async () => {
    const { client, gateway, clock, events, online } = simulateOnline();
    await client.connect();
    await clock.advance(10_000);
    gateway.cut();
    await clock.advance(20_000);
    gateway.restore();
    const { length } = gateway.attempts;
    online();
    online();
    await clock.advance(0);
    expect(events.at(-1)).toBe('reconnected');
    await clock.advance(60_000);
    expect(gateway.attempts).toHaveLength(length + 1);
  });

  it('and it is not, after all, the delays go on growing', async () => {
    const { client, gateway, clock, events, online } = simulateOnline();
    await client.connect();
    gateway.cut();
    await clock.advance(0);
    online();
    await clock.advance(0);
    expect(events.slice(1)).toEqual(['disconnected:1006', 'retrying:250', 'retrying:500']);
  });

  it('a client that the server told to stay away does so', async () => {
    const { client, gateway, clock, online } = simulateOnline();
    await client.connect();
    gateway.session.close(1012, 'node draining', 7_000);
    await clock.advance(6_999);
    online();
    await clock.advance(0);
    expect(client.state).toBe('waiting');
    await clock.advance(1);
    online();
    await clock.advance(0);
    expect(client.state).toBe('open');
  });

  it('a client whose upgrade was refused for a time does not come before it', async () => {
    const { client, gateway, clock, online } = simulateOnline();
    gateway.refuse(new SimulatedRefusal('RATE_LIMITED', 'too many', 5_000));
    client.connect().catch(() => undefined);
    await clock.advance(0);
    gateway.refuse(undefined);
    await clock.advance(4_000);
    online();
    await clock.advance(0);
    expect(client.state).toBe('waiting');
  });

  it('an open connection is asked for a sign of life', async () => {
    const { client, gateway, clock, events, online } = simulateOnline();
    await client.connect();
    online();
    await clock.advance(8_000);
    expect(gateway.frames.filter(({ action }) => action === 'ping')).toHaveLength(1);
    gateway.session.silence();
    online();
    await clock.advance(7_999);
    expect(client.state).toBe('open');
    await clock.advance(1);
    expect(events).toEqual(['connected', 'disconnected:1006', 'retrying:250']);
  });

  it('nobody is told any more once the client is closed, or before it begins', async () => {
    const { client, clock, online, listeners } = simulateOnline();
    expect(listeners.size).toBe(0);
    await client.connect();
    expect(listeners.size).toBe(1);
    client.close();
    expect(listeners.size).toBe(0);
    online();
    expect(clock.pending).toBe(0);
  });
});

describe('the platform', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('of a browser tells by its online event', () => {
    const target = new EventTarget();
    vi.stubGlobal('addEventListener', target.addEventListener.bind(target));
    vi.stubGlobal('removeEventListener', target.removeEventListener.bind(target));
    let calls = 0;
    const end = PLATFORM_ONLINE(() => (calls += 1));
    target.dispatchEvent(new Event('online'));
    expect(calls).toBe(1);
    end();
    target.dispatchEvent(new Event('online'));
    expect(calls).toBe(1);
  });

  it('without such events is left alone', () => {
    vi.stubGlobal('addEventListener', undefined);
    expect(() => PLATFORM_ONLINE(() => undefined)()).not.toThrow();
  });
});
