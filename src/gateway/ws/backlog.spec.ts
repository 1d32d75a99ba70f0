import { describe, expect, it } from 'vitest';
import type { FrameBatch } from '../../messaging/subscriber.js';
import { Backlog } from './backlog.js';

const origin = (seq: number): NonNullable<FrameBatch['origin']> => ({ topic: 'a.b', namespace: 'a', from: seq, to: seq, messages: 1 });
const batch = (text: string, seq: number): FrameBatch => ({ bytes: Buffer.from(text), frames: 1, origin: origin(seq) });

describe('backlog', () => {
  it('launches what waits in order, joined up to the limit, and reports it when it lands', () => {
    const backlog = new Backlog();
    backlog.fly(batch('first', 1));
    for (const [index, text] of ['aa', 'bb', 'cccccc', 'd'].entries()) backlog.wait(batch(text, index + 2));
    expect([backlog.frames, backlog.countedBytes, backlog.waitingBytes]).toEqual([5, 16, 11]);
    expect(backlog.land()).toEqual([origin(1)]);
    expect(backlog.launch(5)?.bytes.toString()).toBe('aabb');
    expect(backlog.unwritten()).toHaveLength(4);
    expect(backlog.land()).toEqual([origin(2), origin(3)]);
    expect(backlog.launch(5)?.bytes.toString()).toBe('cccccc');
    backlog.land();
    expect(backlog.launch(5)?.bytes.toString()).toBe('d');
    backlog.land();
    expect(backlog.launch(5)).toBeUndefined();
    expect([backlog.frames, backlog.countedBytes, backlog.waitingBytes]).toEqual([0, 0, 0]);
  });

  it('does not count replays against the budgets', () => {
    const backlog = new Backlog();
    backlog.wait({ bytes: Buffer.alloc(1_000), frames: 9, replay: true });
    expect([backlog.countedBytes, backlog.countedFrames, backlog.waitingBytes, backlog.frames]).toEqual([0, 0, 1_000, 9]);
  });

  it('keeps its order while it is filled and emptied by thousands', () => {
    const backlog = new Backlog();
    const seen: string[] = [];
    let next = 0;
    for (let round = 0; round < 300; round += 1) {
      for (let index = 0; index < 10; index += 1) backlog.wait(batch(`${next++},`, next));
      backlog.land();
      seen.push(backlog.launch(30)?.bytes.toString() ?? '');
    }
    for (let rest = (backlog.land(), backlog.launch(1_000)); rest !== undefined; backlog.land(), rest = backlog.launch(1_000))
      seen.push(rest.bytes.toString());
    expect(seen.join('')).toBe(Array.from({ length: next }, (_, index) => `${index},`).join(''));
  });

  it('counts time without progress only', () => {
    const backlog = new Backlog();
    expect([backlog.stalledFor(100), backlog.stalledFor(100)]).toEqual([100, 200]);
    backlog.land();
    expect([backlog.stalledFor(100), backlog.stalledFor(100)]).toEqual([0, 100]);
  });
});
