import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryNodeChannel, MemoryWire } from './memory-node-channel.js';
import { Nudges } from './nudges.js';

describe('nudges between nodes', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function nodes(): {
    readonly one: Nudges;
    readonly two: Nudges;
    readonly heard: (readonly string[] | undefined)[];
    readonly own: unknown[];
  } {
    const wire = new MemoryWire();
    const [one, two] = [new Nudges(new MemoryNodeChannel('node-1', wire)), new Nudges(new MemoryNodeChannel('node-2', wire))];
    const heard: (readonly string[] | undefined)[] = [];
    const own: unknown[] = [];
    two.on('api_keys', (about) => heard.push(about));
    one.on('api_keys', (about) => own.push(about));
    return { one, two, heard, own };
  }

  it('reach the others at once, and not the one who gave it', async () => {
    const { one, heard, own } = nodes();
    one.tell('api_keys', 'a');
    await vi.advanceTimersByTimeAsync(0);
    expect([heard, own]).toEqual([[['a']], []]);
    one.tell('settings');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(heard).toHaveLength(1);
  });

  it('are gathered where many come at once, and none is forgotten', async () => {
    const { one, heard } = nodes();
    for (const name of ['a', 'b', 'c', 'b']) one.tell('api_keys', name);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(heard).toEqual([['a'], ['b', 'c']]);
  });

  it('mean all where more are named than may be, or one names none', async () => {
    const { one, heard } = nodes();
    for (let number = 0; number < 500; number += 1) one.tell('api_keys', `key-${number}`);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(heard).toEqual([['key-0'], undefined]);
    one.tell('api_keys', 'a');
    one.tell('api_keys');
    one.tell('api_keys', 'b');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(heard.slice(2)).toEqual([['a'], undefined]);
  });

  it('say what waits when their node stops, and nothing afterwards', async () => {
    const { one, heard } = nodes();
    one.tell('api_keys', 'a');
    one.tell('api_keys', 'b');
    one.onModuleDestroy();
    one.tell('api_keys', 'c');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(heard).toEqual([['a'], ['b']]);
  });

  it('do no harm where nobody can hear them', async () => {
    vi.useRealTimers();
    const channel = new MemoryNodeChannel('node-1');
    channel.say = () => Promise.reject(new Error('nobody is there'));
    new Nudges(channel).tell('orders');
    await sleep(1);
  });
});
