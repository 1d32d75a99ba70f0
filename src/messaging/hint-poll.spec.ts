import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { draftOf } from '../../test/conformance/message-log.suite.js';
import { MessagingCore, SeeingSubscriber } from '../../test/support/messaging-core.js';
import { type Hint, HintSource } from './hint-source.js';
import { HintPoll } from './hint-poll.js';

/** Much longer than it takes, for a loaded machine. */
const PATIENCE = { timeout: 15_000 };

/** Answers what the test puts into it. */
class ScriptedHints extends HintSource {
  reads = 0;
  next: Hint[] = [];
  fault: Error | undefined;
  before: () => Promise<void> = () => Promise.resolve();

  override async read(): Promise<readonly Hint[]> {
    this.reads += 1;
    await this.before();
    if (this.fault !== undefined) throw this.fault;
    return this.next.splice(0);
  }
}

describe('the poll of hints', () => {
  let core: MessagingCore;
  let source: ScriptedHints;
  let poll: HintPoll;
  const warned: unknown[] = [];

  beforeEach(() => {
    core = new MessagingCore({ env: { WAYBILL_HINT_POLL_MS: '1' }, file: { messaging: { namespaces: { live: { durable: false } } } } });
    source = new ScriptedHints();
    poll = new HintPoll(source, core.hub, core.config);
    warned.length = 0;
    vi.spyOn(Logger.prototype, 'warn').mockImplementation((message: unknown) => void warned.push(message));
  });
  afterEach(async () => {
    await poll.beforeApplicationShutdown();
    await core.close();
    vi.restoreAllMocks();
  });

  /** Stores messages without a word on the bus, as a transaction of an application does; answers what it would hint. */
  async function commit(topic: string, count: number): Promise<Hint> {
    await core.log.append(Array.from({ length: count }, () => draftOf(topic)));
    const [end] = await core.log.ends([topic]);
    return { topic, epoch: end?.epoch ?? '', seq: end?.head ?? 0 };
  }

  it('brings subscribers what came by no bus, and counts no loss', async () => {
    const alice = new SeeingSubscriber('alice');
    await core.join(alice, 'room.a');
    poll.onApplicationBootstrap();
    source.next.push(await commit('room.a', 3));
    await expect.poll(() => alice.seqs, PATIENCE).toEqual([1, 2, 3]);
    await core.publish('room.a', 4);
    source.next.push(await commit('room.a', 1));
    await expect.poll(() => alice.seqs, PATIENCE).toEqual([1, 2, 3, 4, 5]);
    expect(core.telemetry.of('gap')).toEqual([]);
  });

  it('counts a loss of the bus as one, also after a hint', async () => {
    const alice = new SeeingSubscriber('alice');
    await core.join(alice, 'room.a');
    core.hub.hint([await commit('room.a', 1)]);
    await expect.poll(() => alice.seqs, PATIENCE).toEqual([1]);
    core.broker.pass = (message, deliver) => (message.seq === 2 ? undefined : deliver());
    await core.publishMany('room.a', 2);
    await expect.poll(() => alice.seqs, PATIENCE).toEqual([1, 2, 3]);
    expect(core.telemetry.of('gap')).toEqual([['bus_loss', 'server']]);
  });

  it('leaves alone what nobody here listens to, what is known, and what is past', async () => {
    const alice = new SeeingSubscriber('alice');
    await core.join(alice, 'room.a');
    await core.publish('room.a', 1);
    const { endsRead, reads } = core.log as unknown as { endsRead: number; reads: number };
    const [end] = await core.log.ends(['room.a']);
    core.hub.hint([
      { topic: 'room.b', epoch: 'x', seq: 9 },
      { topic: 'room.a', epoch: end?.epoch ?? '', seq: 1 },
    ]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(core.log).toMatchObject({ endsRead: endsRead + 1, reads });
    expect(alice.seqs).toEqual([1]);
  });

  it('has a topic compared whose epoch is another one', async () => {
    const alice = new SeeingSubscriber('alice');
    await core.join(alice, 'room.a');
    await core.publish('room.a', 1);
    await core.log.delete('room.a');
    core.hub.hint([await commit('room.a', 1)]);
    await expect.poll(() => alice.frames.map(({ action }) => action), PATIENCE).toContain('topic.reset');
    await expect
      .poll(() => alice.frames.filter(({ seq, epoch }) => seq === 1 && epoch !== alice.frames[0]?.epoch).length, PATIENCE)
      .toBe(1);
  });

  it('does not ask while nobody listens to a durable topic, and asks when somebody does', async () => {
    poll.onApplicationBootstrap();
    await core.join(new SeeingSubscriber('alice'), 'live.a');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(source.reads).toBe(0);
    await core.join(new SeeingSubscriber('bob'), 'room.a');
    await expect.poll(() => source.reads, PATIENCE).toBeGreaterThan(2);
  });

  it('says once that it cannot read, however long that lasts, and goes on afterwards', async () => {
    const alice = new SeeingSubscriber('alice');
    await core.join(alice, 'room.a');
    source.fault = new Error('the database is away');
    poll.onApplicationBootstrap();
    await expect.poll(() => source.reads, PATIENCE).toBeGreaterThan(20);
    expect(warned).toEqual(['hints cannot be read now; the sweep of heads stands in for them: the database is away']);
    source.fault = undefined;
    source.next.push(await commit('room.a', 1));
    await expect.poll(() => alice.seqs, PATIENCE).toEqual([1]);
    expect(warned).toHaveLength(1);
  });

  it('asks one question at a time, and has its answer before the shutdown goes on', async () => {
    await core.join(new SeeingSubscriber('alice'), 'room.a');
    let answer: () => void = () => undefined;
    source.before = () => new Promise((resolve) => (answer = resolve));
    poll.onApplicationBootstrap();
    await expect.poll(() => source.reads, PATIENCE).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(source.reads).toBe(1);
    let ended = false;
    const stopping = poll.beforeApplicationShutdown().then(() => (ended = true));
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(ended).toBe(false);
    answer();
    await stopping;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(source.reads).toBe(1);
  });

  it('never asks with an interval of zero', async () => {
    const quiet = new MessagingCore({ env: { WAYBILL_HINT_POLL_MS: '0' } });
    await quiet.join(new SeeingSubscriber('alice'), 'room.a');
    const none = new HintPoll(source, quiet.hub, quiet.config);
    none.onApplicationBootstrap();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(source.reads).toBe(0);
    await none.beforeApplicationShutdown();
    await quiet.close();
  });
});
