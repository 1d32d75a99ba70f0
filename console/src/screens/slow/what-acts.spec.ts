import { describe, expect, it } from 'vitest';
import type { SlowItem } from './slow-item.ts';
import { whatActs } from './what-acts.ts';

const LIMITS = { queue_bytes: 1_000, queue_messages: 10, write_stall_ms: 10_000 };
const ITEM: SlowItem = {
  id: 'c',
  ref: 'R',
  address: '192.0.2.1',
  age_ms: 1,
  queued_bytes: 100,
  queued_frames: 1,
  queued_ms: 1,
  dropped_messages: 0,
  max_queued_bytes: 0,
  topics: [],
  policies: ['disconnect'],
};

describe('what will happen to a slow client', () => {
  it('is judged by bytes or messages, whichever is nearer', () => {
    expect(whatActs(ITEM, LIMITS)).toMatchObject({ fill: 0.1, soon: false });
    expect(whatActs({ ...ITEM, queued_frames: 9 }, LIMITS)).toMatchObject({ fill: 0.9, soon: true });
    expect(whatActs({ ...ITEM, queued_bytes: 5_000 }, LIMITS).fill).toBe(1);
  });

  it('says when the queue is full already', () => {
    expect(whatActs({ ...ITEM, queued_bytes: 990 }, LIMITS).sentence).toContain('Its queue is full: it is closed with 4408.');
    expect(whatActs(ITEM, LIMITS).sentence).toContain('When its queue is full: it is closed with 4408.');
  });

  it('names the stall, and how long is left', () => {
    const acts = whatActs({ ...ITEM, stalled_ms: 4_000 }, LIMITS);
    expect(acts.sentence).toContain('4450 in 6 s');
    expect(acts.soon).toBe(false);
    expect(whatActs({ ...ITEM, stalled_ms: 9_000 }, LIMITS).soon).toBe(true);
  });

  it.each([
    [['disconnect'], 'it is closed with 4408'],
    [['keep_latest'], 'give way to the newest, and it is told'],
    [['drop_oldest'], 'the oldest messages are dropped, and it is told'],
    [['disconnect', 'drop_oldest'], 'where their namespace allows it, and then it is closed with 4408'],
  ] as const)('says what %j does', (policies, words) => {
    expect(whatActs({ ...ITEM, policies }, LIMITS).sentence).toContain(words);
  });
});
