import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Config } from '../config/config.js';
import { Refusal } from '../protocol/refusal.js';
import { ClusterCalls } from './cluster-calls.js';
import { MemberTable, MemoryMemberStore } from './memory-member-store.js';
import { MemoryNodeChannel, MemoryWire } from './memory-node-channel.js';
import type { NodeWord } from './node-channel.js';
import { Registry } from './registry.js';

/** A channel that may be cut off from the others, or lose what it says. */
class CutChannel extends MemoryNodeChannel {
  override isOpen = true;
  silent = false;

  override async say(kind: string, word: NodeWord, to?: string): Promise<void> {
    if (!this.isOpen) throw new Error('no Redis');
    if (!this.silent) await super.say(kind, word, to);
  }
}

describe('questions between nodes', () => {
  const config = Config.from({ WAYBILL_CALL_TIMEOUT_MS: '50', WAYBILL_CALL_ANSWER_BYTES: '1024', WAYBILL_CALLS_AT_ONCE: '3' });
  const limits = { ...config.cluster, callTimeoutMs: 50 };
  let channels: CutChannel[];
  let registries: Registry[];
  let nodes: ClusterCalls[];

  beforeEach(async () => {
    const wire = new MemoryWire();
    const table = new MemberTable();
    channels = ['a', 'b', 'c'].map((name) => new CutChannel(name, wire));
    registries = channels.map((channel) => new Registry(config, channel, new MemoryMemberStore(table)));
    nodes = channels.map((channel, index) => new ClusterCalls(limits, channel, registries[index] as Registry));
    for (const registry of registries) await registry.join();
    await vi.waitFor(() => expect(registries.map((registry) => registry.others().length)).toEqual([2, 2, 2]));
  });

  afterEach(() => Promise.all(registries.map((registry) => registry.stop())));

  const [a, b, c] = [0, 1, 2].map((index) => () => nodes[index] as ClusterCalls) as [
    () => ClusterCalls,
    () => ClusterCalls,
    () => ClusterCalls,
  ];
  const all = (handler: (question: { readonly n: number }, from: string) => unknown): void => {
    for (const node of nodes) node.answer('sum', handler);
  };

  it('reach every node, and bring what each answers, by name', async () => {
    for (const node of nodes) node.answer('sum', async ({ n }: { n: number }, from: string) => ({ n: n + 1, of: node.node, from }));
    expect(await b().ask('sum', { n: 1 })).toEqual({
      answers: ['a', 'b', 'c'].map((node) => ({ node, answer: { n: 2, of: node, from: 'b' } })),
      missing: [],
    });
    expect(await a().askOne('c', 'sum', { n: 4 })).toEqual({ n: 5, of: 'c', from: 'a' });
    expect(await a().askOne('this', 'sum', { n: 4 })).toEqual({ n: 5, of: 'a', from: 'a' });
  });

  it('name who does not answer in time, and do not hear what it says later', async () => {
    let release = (): void => undefined;
    const late = new Promise<void>((resolve) => (release = resolve));
    a().answer('slow', () => 1);
    b().answer('slow', () => 2);
    c().answer('slow', () => late.then(() => 3));
    expect(await a().ask('slow')).toEqual({
      answers: [
        { node: 'a', answer: 1 },
        { node: 'b', answer: 2 },
      ],
      missing: [{ node: 'c', reason: 'timeout', says: 'did not answer within 50 ms' }],
    });
    await expect(a().askOne('c', 'slow')).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
      message: expect.stringContaining('look before you ask again'),
    });
    release();
    // One that was not waited for any more takes no place among the next.
    expect((await a().ask('slow', {}, { timeoutMs: 1_000 })).answers).toHaveLength(3);
  });

  it('answer of this node alone while the way to the others is away, and name these', async () => {
    all(({ n }) => n);
    const [channel] = channels as [CutChannel];
    const reasons = async (): Promise<unknown> => {
      const { answers, missing } = await a().ask('sum', { n: 7 });
      expect(answers).toEqual([{ node: 'a', answer: 7 }]);
      return missing.map(({ node, reason }) => `${node} ${reason}`);
    };
    channel.isOpen = false;
    expect(await reasons()).toEqual(['b unreachable', 'c unreachable']);
    channel.isOpen = true;
    channel.silent = true;
    expect(await reasons()).toEqual(['b timeout', 'c timeout']);
  });

  it('name a node that refuses, that fails, that says too much, or that does not know the question', async () => {
    a().answer('odd', () => 'fine');
    b().answer('odd', () => {
      throw new Refusal('RATE_LIMITED', 'too often', { retryAfterMs: 5, field: 'data.n' });
    });
    const { missing } = await a().ask('odd');
    expect(missing.map(({ node, reason }) => [node, reason])).toEqual([
      ['b', 'refused'],
      ['c', 'unknown_question'],
    ]);
    await expect(a().askOne('b', 'odd')).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      message: 'too often',
      retryAfterMs: 5,
      field: 'data.n',
    });
    c().answer('odd', () => 'x'.repeat(1_024));
    expect((await a().ask('odd')).missing).toMatchObject([{ node: 'b' }, { node: 'c', reason: 'too_large' }]);
    // What nobody answers because everybody refuses is a refusal.
    await expect(c().askOne('nobody', 'odd')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: 'no node is named nobody; known are a, b, c',
    });
    await expect(b().ask('odd')).resolves.toMatchObject({ answers: [{ node: 'a' }] });
    b().answer('no', () => {
      throw new Refusal('BAD_REQUEST', 'no such thing');
    });
    await expect(b().ask('no')).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  });

  it('are no more at once than the limit', async () => {
    all(() => new Promise(() => undefined));
    const first = [a().ask('sum'), a().ask('sum'), a().ask('sum')];
    await expect(a().ask('sum')).rejects.toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining('cluster.callsAtOnce') });
    await Promise.all(first);
    // Those that are worked on still: the handlers never end.
    await expect(b().askOne('a', 'sum')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});
