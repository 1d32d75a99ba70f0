import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FlushTurn } from './flush-turn.js';
import { type Flushable, Flusher } from './flusher.js';

class Topic implements Flushable {
  flushes = 0;
  settles = 0;

  constructor(
    private readonly turn: FlushTurn,
    private slices = 1,
  ) {}

  readonly gathering: boolean[] = [];

  flush(): boolean {
    this.gathering.push(this.turn.isGathering);
    this.flushes += 1;
    this.slices -= 1;
    return this.slices <= 0;
  }

  settle(): void {
    expect(this.turn.isGathering).toBe(false);
    this.settles += 1;
  }
}

describe('flusher', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setImmediate', 'clearImmediate', 'setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  it('runs at the end of the turn, once however often something was added', () => {
    const turn = new FlushTurn();
    const flusher = new Flusher(turn, 0);
    const topic = new Topic(turn);
    for (let count = 0; count < 3; count += 1) flusher.add(topic);
    expect(topic.flushes).toBe(0);
    vi.advanceTimersByTime(0);
    expect([topic.flushes, topic.settles]).toEqual([1, 1]);
  });

  it('waits as long as it is told to, from the first message on', () => {
    const turn = new FlushTurn();
    const flusher = new Flusher(turn, 20);
    const topic = new Topic(turn);
    flusher.add(topic);
    vi.advanceTimersByTime(15);
    flusher.add(topic);
    expect(topic.flushes).toBe(0);
    vi.advanceTimersByTime(5);
    expect(topic.flushes).toBe(1);
    vi.advanceTimersByTime(100);
    expect(topic.flushes).toBe(1);
  });

  it('gathers where several topics have something, and not for one alone', () => {
    const turn = new FlushTurn();
    const flusher = new Flusher(turn, 0);
    const [first, second, alone] = [new Topic(turn, 2), new Topic(turn), new Topic(turn)] as [Topic, Topic, Topic];
    flusher.add(first);
    flusher.add(second);
    vi.advanceTimersByTime(0);
    flusher.add(alone);
    vi.advanceTimersByTime(0);
    expect([first.gathering, second.gathering, alone.gathering]).toEqual([[true, true], [true], [false]]);
  });

  it('forgets everything when it is closed', () => {
    const turn = new FlushTurn();
    for (const delayMs of [0, 10]) {
      const flusher = new Flusher(turn, delayMs);
      const topic = new Topic(turn);
      flusher.add(topic);
      flusher.close();
      vi.advanceTimersByTime(100);
      expect(topic.flushes).toBe(0);
    }
  });
});
