import { describe, expect, it } from 'vitest';
import { doneShare, type DrainProgress, type NodeView, troubles } from './node-view.ts';

const node: NodeView = {
  node: 'n-1',
  this: true,
  version: '0.1.0',
  node_version: 'v24.0.0',
  started_at: 0,
  state: 'ready',
  parts: [{ name: 'database', state: 'ok', age_ms: 1 }],
  connections: 3,
  slow_connections: 0,
  subscriptions: 3,
  limits: [{ name: 'memory', used: 1, limit: 10, unit: 'bytes', share: 0.1, set_by: 'this machine' }],
  event_loop: { delay_p99_ms: 1, delay_max_ms: 2, utilization: 0.1 },
  memory: { rss_bytes: 1, heap_used_bytes: 1, heap_limit_bytes: 2 },
  drain: null,
};
const drain = (over: Partial<DrainProgress>): DrainProgress => ({
  state: 'running',
  started_at: 0,
  deadline_at: 0,
  over_s: 1,
  deadline_s: 2,
  connections: 10,
  told: 0,
  closed: 0,
  cut_off: 0,
  left: 10,
  unanswered: 0,
  publishes_under_way: 0,
  ...over,
});

describe('what is wrong with a node', () => {
  it('is nothing where all is well', () => {
    expect(troubles(node)).toEqual([]);
  });

  it('names each thing, worst first', () => {
    const ill: NodeView = {
      ...node,
      state: 'unready',
      slow_connections: 1,
      parts: [{ name: 'database', state: 'down', detail: 'no answer', age_ms: 1 }],
      event_loop: { ...node.event_loop, delay_p99_ms: 250 },
      limits: node.limits.map((limit) => ({ ...limit, name: 'send_queue', share: 0.95 })),
    };
    expect(troubles(ill)).toEqual([
      'it cannot deliver to its own socket, or is starting',
      'database down: no answer',
      'event loop 250 ms late (p99)',
      'send queue 95 % used',
      '1 slow consumer',
    ]);
  });
});

describe('how far a drain is', () => {
  it.each([
    [drain({ closed: 4 }), 0.4],
    [drain({ connections: 0 }), 1],
    [drain({ state: 'drained', closed: 9 }), 1],
    [drain({ closed: 12 }), 1],
  ])('%#', (progress, share) => {
    expect(doneShare(progress)).toBe(share);
  });
});
