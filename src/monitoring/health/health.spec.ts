import { describe, expect, it } from 'vitest';
import { DatabaseHealth } from '../../storage/database-health.js';
import { BusPart } from './bus-part.js';
import { DatabasePart } from './database-part.js';
import { EventLoopPart } from './event-loop-part.js';
import { Health, type NodePhase } from './health.js';
import type { PartCheck } from './health-part.js';
import { MemoryPart } from './memory-part.js';
import { StallWatch } from './stall-watch.js';

describe('Health', () => {
  function setUp() {
    const state = { now: 0, phase: 'ready' as NodePhase, check: { state: 'ok' } as PartCheck };
    const changes: (readonly [string, string])[] = [];
    const health = new Health(
      () => state.phase,
      (part, { state: now }) => changes.push([part, now]),
      () => state.now,
    );
    health.watch({ name: 'part', affects: 'what needs it', check: () => state.check });
    return { state, changes, health };
  }

  it('names each part with its state, since when, and what it affects while it is not ok', () => {
    const { state, changes, health } = setUp();
    const since = expect.any(Number) as number;
    health.report();
    state.now = 4_000;
    expect(health.report()).toEqual({ status: 'ready', state: 'ok', parts: { part: { state: 'ok', since, age_ms: 4_000 } } });
    const before = Date.now() - 1_500;
    state.check = { state: 'degraded', detail: 'slow' };
    health.report();
    state.now = 5_500;
    const report = health.report();
    expect(report).toEqual({
      status: 'ready',
      state: 'degraded',
      parts: { part: { state: 'degraded', detail: 'slow', affects: 'what needs it', since, age_ms: 1_500 } },
    });
    expect(Math.abs((report.parts['part']?.since ?? 0) - before)).toBeLessThan(1_000);
    expect(changes).toEqual([['part', 'degraded']]);
  });

  it('answers with the worst of its parts, which does not change the phase', () => {
    const { state, health } = setUp();
    health.watch({ name: 'other', affects: 'others', check: () => ({ state: 'degraded' }) });
    state.check = { state: 'down' };
    expect(health.report()).toMatchObject({ status: 'ready', state: 'down' });
    state.phase = 'draining';
    expect(health.report().status).toBe('draining');
  });
});

describe('parts', () => {
  it('call the database down with its reason, and degraded where callers queue for it', () => {
    const database = new DatabaseHealth();
    const part = new DatabasePart(database);
    expect(part.check().state).toBe('down');
    database.succeeded();
    expect(part.check()).toEqual({ state: 'ok' });
    const busy = { total: 10, idle: 0, waiting: 11 };
    database.watch({ pool: () => busy, circuit: () => 'closed', problem: () => undefined });
    expect(part.check().state).toBe('degraded');
    database.watch({ pool: () => busy, circuit: () => 'open', problem: () => 'connection refused' });
    expect(part.check()).toMatchObject({ state: 'down', detail: expect.stringContaining('connection refused') });
  });

  it('call the bus degraded for ten seconds after a failed call', () => {
    let failedAt: number | undefined;
    const part = new BusPart(
      () => failedAt,
      undefined,
      () => 100_000,
    );
    expect(part.check().state).toBe('ok');
    failedAt = 95_000;
    expect(part.check().state).toBe('degraded');
    failedAt = 89_999;
    expect(part.check().state).toBe('ok');
  });

  it('call the bus degraded while one of its ways is away, and say which and why', () => {
    const away = new Set<string>();
    const part = new BusPart(() => undefined, { isConnected: (role) => !away.has(role), trouble: () => 'connection refused' });
    expect(part.check()).toEqual({ state: 'ok' });
    away.add('subscribe');
    expect(part.check()).toEqual({ state: 'degraded', detail: 'it does not hear the other nodes: connection refused' });
  });

  it('call the event loop degraded while it is blocked, and memory ok here', async () => {
    const part = new EventLoopPart(new StallWatch());
    expect(part.check().state).toBe('ok');
    await new Promise((resolve) => setImmediate(resolve));
    const until = performance.now() + 1_300;
    while (performance.now() < until);
    await new Promise((resolve) => setImmediate(resolve));
    expect(part.check().state).toBe('degraded');
    expect(new MemoryPart().check().state).toBe('ok');
  });

  it('call the event loop degraded for a while after it stood still, however idle it is', () => {
    let now = 0;
    const stalls = new StallWatch(() => now);
    const part = new EventLoopPart(stalls);
    stalls.start();
    now = 1_400;
    expect(part.check().state).toBe('ok');
    // The clock has gone on, and no timer was called.
    now = 4_000;
    expect(part.check()).toEqual({ state: 'degraded', detail: 'stood still for 3.5 s; nothing was read or answered meanwhile' });
    stalls.stop();
    now = 34_001;
    expect(part.check().state).toBe('ok');
  });
});
