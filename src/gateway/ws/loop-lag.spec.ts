import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LoopLag } from './loop-lag.js';

/** Blocks the event loop, as work that takes too long does. */
function block(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

const waits = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('the lag of a loop', () => {
  let lag: LoopLag;

  beforeEach(() => {
    lag = new LoopLag();
    lag.onApplicationBootstrap();
  });
  afterEach(() => lag.onModuleDestroy());

  it('is measured: a loop that is blocked again and again is late by that', async () => {
    for (let turn = 0; turn < 6; turn += 1) {
      block(250);
      await waits(0);
    }
    expect(lag.meanMs).toBeGreaterThan(120);
  });
});

describe('the lag over a second', () => {
  let now = 0;
  let lag: LoopLag;
  const passes = (milliseconds: number): void => {
    now += milliseconds;
    vi.advanceTimersToNextTimer();
  };

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    lag = new LoopLag();
    lag.onApplicationBootstrap();
  });
  afterEach(() => {
    lag.onModuleDestroy();
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  it('is the mean of what the timer missed', () => {
    for (let n = 0; n < 40; n += 1) passes(60);
    expect(lag.meanMs).toBe(10);
  });

  it('is not made by one pause alone', () => {
    passes(450);
    expect(lag.meanMs).toBe(100);
    for (let n = 0; n < 20; n += 1) passes(50);
    expect(lag.meanMs).toBe(0);
  });

  it('does not fall below zero where a timer is early', () => {
    passes(49);
    expect(lag.meanMs).toBe(0);
  });

  it('is no longer measured once the application ends', () => {
    lag.onModuleDestroy();
    expect(vi.getTimerCount()).toBe(0);
  });
});
