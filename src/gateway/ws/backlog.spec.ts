import { describe, expect, it } from 'vitest';
import { Config } from '../../config/config.js';
import type { SlowPolicy } from '../../config/namespace-policy.js';
import type { Frame, LiveMessage } from '../../messaging/frame.js';
import { textFrame, textOfFrame } from '../../protocol/text-frame.js';
import { SendBudget } from '../send-budget.js';
import { Backlog } from './backlog.js';

const live = (seq: number, slow: SlowPolicy = 'disconnect', topic = 'a.b', epoch = 'e'): LiveMessage => ({
  topic,
  namespace: 'a',
  epoch,
  seq,
  slow,
});
const frame = (text: string, message?: LiveMessage): Frame => ({ bytes: Buffer.from(text), live: message });
const numbered = (message: LiveMessage): Frame => ({ bytes: textFrame(`"${message.topic} ${message.seq}"`), live: message });

function open(): { readonly backlog: Backlog; readonly budget: SendBudget } {
  const budget = new SendBudget(Config.from({}));
  return { backlog: new Backlog(budget), budget };
}

/** Everything that waits, as the client would read it, one launch for each frame. */
function read(backlog: Backlog): readonly string[] {
  const seen: string[] = [];
  backlog.land();
  for (let next = backlog.launch(1); next !== undefined; backlog.land(), next = backlog.launch(1)) {
    const parsed = JSON.parse(textOfFrame(next.bytes)) as string | { readonly data: { readonly topic: string; from: number; to: number } };
    seen.push(typeof parsed === 'string' ? parsed : `${parsed.data.topic} gap ${parsed.data.from}-${parsed.data.to}`);
  }
  return seen;
}

describe('backlog', () => {
  it('launches what waits in order, joined up to the limit, and reports it when it lands', () => {
    const { backlog, budget } = open();
    backlog.fly([frame('first', live(1))], false);
    for (const [index, text] of ['aa', 'bb', 'cccccc', 'd'].entries()) backlog.wait(frame(text, live(index + 2)), false);
    expect([backlog.frames, backlog.countedBytes, backlog.waitingBytes, budget.used]).toEqual([5, 16, 11, 16]);
    expect(backlog.land()).toEqual([live(1)]);
    expect(backlog.launch(5)?.bytes.toString()).toBe('aabb');
    expect(backlog.land()).toEqual([live(2), live(3)]);
    expect(backlog.launch(5)?.bytes.toString()).toBe('cccccc');
    backlog.land();
    expect(backlog.launch(5)?.bytes.toString()).toBe('d');
    backlog.land();
    expect(backlog.launch(5)).toBeUndefined();
    expect([backlog.frames, backlog.countedBytes, backlog.waitingBytes, budget.used]).toEqual([0, 0, 0, 0]);
  });

  it('does not count replays against the budgets of the connection, and does against that of the node', () => {
    const { backlog, budget } = open();
    backlog.wait({ bytes: Buffer.alloc(1_000) }, true);
    expect([backlog.countedBytes, backlog.countedFrames, backlog.waitingBytes, backlog.frames, budget.used]).toEqual([
      0, 0, 1_000, 1, 1_000,
    ]);
  });

  it('gives everything back when the connection ends, and says what is lost', () => {
    const { backlog, budget } = open();
    backlog.fly([frame('a', live(1))], false);
    backlog.wait(frame('b', live(2)), false);
    backlog.wait(frame('c'), false);
    expect(backlog.end()).toEqual({ inFlight: [live(1)], waiting: [live(2)] });
    expect(budget.used).toBe(0);
  });

  it('keeps its order while it is filled and emptied by thousands', () => {
    const { backlog } = open();
    const seen: string[] = [];
    let next = 0;
    for (let round = 0; round < 300; round += 1) {
      for (let index = 0; index < 10; index += 1) backlog.wait(frame(`${next++},`), false);
      backlog.land();
      seen.push(backlog.launch(30)?.bytes.toString() ?? '');
    }
    for (let rest = (backlog.land(), backlog.launch(1_000)); rest !== undefined; backlog.land(), rest = backlog.launch(1_000))
      seen.push(rest.bytes.toString());
    expect(seen.join('')).toBe(Array.from({ length: next }, (_, index) => `${index},`).join(''));
  });

  it('counts time without progress only', () => {
    const { backlog } = open();
    expect([backlog.stalledFor(100), backlog.stalledFor(100)]).toEqual([100, 200]);
    backlog.land();
    expect([backlog.stalledFor(100), backlog.stalledFor(100)]).toEqual([0, 100]);
  });

  it('drops the oldest that may go, and tells a gap in their place', () => {
    const { backlog, budget } = open();
    backlog.wait(numbered(live(1, 'disconnect', 'kept')), false);
    for (let seq = 1; seq <= 6; seq += 1) backlog.wait(numbered(live(seq, 'drop_oldest')), false);
    const dropped = backlog.makeRoom(() => backlog.countedFrames <= 3);
    expect(dropped.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    expect(backlog.countedFrames).toBe(3);
    expect(budget.used).toBe(backlog.countedBytes);
    backlog.wait(numbered(live(7, 'drop_oldest')), false);
    expect(backlog.makeRoom(() => backlog.countedFrames <= 3).map(({ seq }) => seq)).toEqual([5]);
    expect(read(backlog)).toEqual(['kept 1', 'a.b gap 1-5', 'a.b 6', 'a.b 7']);
  });

  it('begins another gap where what was dropped does not join', () => {
    const { backlog } = open();
    for (const message of [live(1, 'drop_oldest'), live(3, 'drop_oldest'), live(4, 'drop_oldest', 'a.b', 'later')])
      backlog.wait(numbered(message), false);
    expect(backlog.makeRoom(() => false)).toHaveLength(3);
    expect(read(backlog)).toEqual(['a.b gap 1-1', 'a.b gap 3-3', 'a.b gap 4-4']);
  });

  it('tells what never got a place, behind what is on its way', () => {
    const { backlog } = open();
    backlog.fly([numbered(live(1, 'drop_oldest'))], false);
    for (const seq of [2, 3, 4]) backlog.refuse(live(seq, 'drop_oldest'));
    backlog.wait(numbered(live(5, 'drop_oldest')), false);
    expect(read(backlog)).toEqual(['a.b gap 2-4', 'a.b 5']);
  });

  it('keeps only the newest of a topic, each topic by itself', () => {
    const { backlog } = open();
    const offer = (message: LiveMessage): LiveMessage | undefined => {
      const older = backlog.supersede(message);
      backlog.wait(numbered(message), false);
      return older;
    };
    expect(offer(live(1, 'keep_latest', 'x'))).toBeUndefined();
    expect(offer(live(1, 'keep_latest', 'y'))).toBeUndefined();
    expect(offer(live(2, 'keep_latest', 'x'))?.seq).toBe(1);
    expect(offer(live(3, 'keep_latest', 'x'))?.seq).toBe(2);
    expect(backlog.countedFrames).toBe(2);
    expect(read(backlog)).toEqual(['x gap 1-2', 'y 1', 'x 3']);
    expect(offer(live(4, 'keep_latest', 'x'))).toBeUndefined();
  });

  it.each(['drop_oldest', 'keep_latest'] as const)('holds a bounded number of places however much is dropped: %s', (slow) => {
    const { backlog } = open();
    for (let seq = 1; seq <= 100_000; seq += 1) {
      const message = live(seq, slow);
      if (slow === 'keep_latest') backlog.supersede(message);
      else backlog.makeRoom(() => backlog.countedFrames < 10);
      backlog.wait(numbered(message), false);
    }
    expect((backlog as unknown as { waiting: readonly unknown[] }).waiting.length).toBeLessThan(200);
    expect(read(backlog).at(0)).toBe(`a.b gap 1-${slow === 'keep_latest' ? 99_999 : 99_990}`);
  });
});
