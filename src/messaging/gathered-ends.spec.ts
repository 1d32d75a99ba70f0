import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Config } from '../config/config.js';
import { GatheredEnds } from './gathered-ends.js';
import { MemoryMessageLog } from './memory-message-log.js';
import type { TopicEnds } from './message-log.js';

/** A log whose reads of ends are seen, and wait until they are let go. */
class HeldLog extends MemoryMessageLog {
  readonly reads: (readonly string[])[] = [];
  readonly held: (() => void)[] = [];
  holds = false;
  failure: Error | undefined;

  constructor() {
    super(Config.from({}));
  }

  override async ends(topics: readonly string[]): Promise<readonly TopicEnds[]> {
    this.reads.push(topics);
    if (this.holds) await new Promise<void>((resolve) => this.held.push(resolve));
    if (this.failure !== undefined) throw this.failure;
    return super.ends(topics);
  }

  async store(topic: string, count: number): Promise<void> {
    const draft = { topic, publisher: 'alice', action: 'message', dataText: '1', timestamp: 0, clientTimestamp: undefined } as const;
    const drafts = Array.from({ length: count }, (_, n) => ({ ...draft, msgId: `${n}`, door: 'socket' as const, trace: undefined }));
    await this.append(drafts);
  }
}

function gathered(): { readonly log: HeldLog; readonly ends: GatheredEnds } {
  const log = new HeldLog();
  return { log, ends: new GatheredEnds(log) };
}

const topics = (count: number, prefix = 't'): readonly string[] => Array.from({ length: count }, (_, index) => `${prefix}.${index}`);

describe('gathered ends', () => {
  it('gives each topic its own ends, from one read for all that was asked in a turn', async () => {
    const { log, ends } = gathered();
    for (const [index, topic] of topics(50).entries()) await log.store(topic, index + 1);
    const answers = await Promise.all(topics(50).map((topic) => ends.of(topic)));
    expect(answers.map(({ head }) => head)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
    expect(log.reads).toEqual([topics(50)]);
  });

  it('asks for a topic once, however many want to know', async () => {
    const { log, ends } = gathered();
    await Promise.all(Array.from({ length: 20 }, () => ends.of('t.one')));
    expect(log.reads).toEqual([['t.one']]);
  });

  it('reads again for what is asked after a read was sent: an answer is never older than its question', async () => {
    const { log, ends } = gathered();
    log.holds = true;
    const before = ends.of('t.one');
    await turn();
    expect(log.reads).toHaveLength(1);
    await log.store('t.one', 3);
    const after = ends.of('t.one');
    await expect.poll(() => log.reads.length).toBe(2);
    for (const release of log.held) release();
    expect([(await before).epoch, (await after).head]).toEqual([expect.any(String), 3]);
    expect(log.reads).toEqual([['t.one'], ['t.one']]);
  });

  it('has two reads under way at most; what waits for them shares the next', async () => {
    const { log, ends } = gathered();
    log.holds = true;
    const asked: Promise<TopicEnds>[] = [];
    for (const [index, topic] of topics(10).entries()) {
      asked.push(ends.of(topic));
      if (index < 2) await expect.poll(() => log.reads.length).toBe(index + 1);
      else await turn();
    }
    expect(log.reads).toEqual([['t.0'], ['t.1']]);
    log.held.shift()?.();
    await expect.poll(() => log.reads.length).toBe(3);
    expect(log.reads[2]).toEqual(topics(10).slice(2));
    // The first two may hang; the others are answered.
    log.held.pop()?.();
    await Promise.all(asked.slice(2));
    log.held.pop()?.();
    await Promise.all(asked);
  });

  it('reads at once, and then waits a little for others', async () => {
    const { log, ends } = gathered();
    await ends.of('t.first');
    const began = performance.now();
    const asked: Promise<TopicEnds>[] = [];
    for (const topic of topics(20)) {
      asked.push(ends.of(topic));
      await turn();
    }
    await Promise.all(asked);
    expect(log.reads.length).toBeLessThanOrEqual(3 + (performance.now() - began) / 5);
    expect(log.reads.length).toBeLessThan(15);
  });

  it('bounds a read, and leaves nobody waiting', async () => {
    const { log, ends } = gathered();
    await Promise.all(topics(1_201).map((topic) => ends.of(topic)));
    expect(log.reads.map((read) => read.length)).toEqual([500, 500, 201]);
  });

  it('tells everybody of a failure, and goes on', async () => {
    const { log, ends } = gathered();
    log.failure = new Error('away');
    const answers = await Promise.allSettled(topics(3).map((topic) => ends.of(topic)));
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    log.failure = undefined;
    expect((await ends.of('t.0')).head).toBe(0);
  });
});
