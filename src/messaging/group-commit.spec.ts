import { afterEach, describe, expect, it, vi } from 'vitest';
import { Config } from '../config/config.js';
import { Refusal } from '../protocol/refusal.js';
import { RecordingTelemetry } from '../telemetry/recording-telemetry.js';
import { GroupCommit } from './group-commit.js';
import { MemoryMessageLog } from './memory-message-log.js';
import type { AppendOutcome, LogAvailability, TopicBusy } from './message-log.js';
import type { Draft } from './message.js';
import type { PublishSource } from './publish-source.js';

function draftOf(topic: string, n: number): Draft {
  const fixed = {
    publisher: 'alice',
    action: 'message',
    timestamp: 1,
    clientTimestamp: undefined,
    door: 'socket',
    trace: undefined,
  } as const;
  return { topic, msgId: `m${n}`, dataText: String(n), ...fixed };
}

/** A log whose commits finish when the test says so. */
class SteppedLog extends MemoryMessageLog {
  readonly batches: (readonly Draft[])[] = [];
  private readonly gates: ((fault?: Error) => void)[] = [];
  stepped = true;
  away: Refusal | undefined;
  private readonly watchers: (() => void)[] = [];
  override readonly availability: LogAvailability;

  constructor(config: Config) {
    super(config);
    // An object of its own, as getters of a class cannot refer to another object's `this`.
    const refusal = (): Refusal | undefined => this.away;
    this.availability = {
      get refusal() {
        return refusal();
      },
      watch: (work) => this.watchers.push(work),
    };
  }

  /** Goes away, or comes back. */
  become(away: Refusal | undefined): void {
    this.away = away;
    for (const work of this.watchers) work();
  }

  /** Topics that another transaction holds. */
  readonly held = new Set<string>();

  override async appendFree(drafts: readonly Draft[]): Promise<readonly (AppendOutcome | TopicBusy)[]> {
    const free = drafts.filter(({ topic }) => !this.held.has(topic));
    const outcomes = free.length > 0 ? [...(await this.append(free))] : [];
    return drafts.map(({ topic }) => (this.held.has(topic) ? { kind: 'busy' } : (outcomes.shift() as AppendOutcome)));
  }

  override async append(drafts: readonly Draft[]): Promise<readonly AppendOutcome[]> {
    this.batches.push(drafts);
    if (this.stepped) {
      await new Promise<void>((resolve, reject) => {
        this.gates.push((fault) => (fault === undefined ? resolve() : reject(fault)));
      });
    }
    return super.append(drafts);
  }

  get sizes(): readonly number[] {
    return this.batches.map((batch) => batch.length);
  }

  finish(fault?: Error): void {
    this.gates.shift()?.(fault);
  }
}

function open(env: Readonly<Record<string, string>> = {}) {
  const config = Config.from({ WAYBILL_PUBLISH_LANES: '1', ...env });
  const log = new SteppedLog(config);
  const telemetry = new RecordingTelemetry();
  const commit = new GroupCommit(log, config, telemetry);
  const add = (n: number, topic = 't', bytes = 10, source?: PublishSource): Promise<AppendOutcome> =>
    commit.append(draftOf(topic, n), bytes, undefined, source);
  return { log, telemetry, commit, add };
}

/** A connection as far as publishes know one. */
class Source implements PublishSource {
  readonly calls: ('pause' | 'resume')[] = [];

  publishWaits(): void {
    this.calls.push('pause');
  }

  publishesGoOn(): void {
    this.calls.push('resume');
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'stored',
    (error: unknown) => (error as Refusal).code,
  );

describe('group commit', () => {
  afterEach(() => void vi.useRealTimers());

  it('gathers for the delay and no longer', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { log, add } = open({ WAYBILL_GROUP_COMMIT_MS: '5' });
    void add(1);
    vi.advanceTimersByTime(4);
    void add(2);
    expect(log.sizes).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(log.sizes).toEqual([2]);
  });

  it.each([
    ['messages', { WAYBILL_GROUP_COMMIT_MESSAGES: '3' }, 10, 3],
    ['bytes', { WAYBILL_GROUP_COMMIT_BYTES: '2048' }, 1_024, 2],
  ])('begins at once when it has enough %s, and takes no more', async (_name, env, bytes, size) => {
    const { log, add } = open({ WAYBILL_GROUP_COMMIT_MS: '100', ...env });
    for (let n = 0; n < 7; n += 1) void add(n, 't', bytes);
    expect(log.sizes).toEqual([size]);
    while (log.batches.flat().length < 7) {
      log.finish();
      await settled();
    }
    expect(Math.max(...log.sizes)).toBe(size);
  });

  it('sets aside what follows a topic that is held elsewhere, in order, and goes on with the others', async () => {
    const { log, commit, add } = open({ WAYBILL_GROUP_COMMIT_MS: '0' });
    const verdicts: string[] = [];
    const publish = (n: number, topic: string): void =>
      void add(n, topic).then((outcome) =>
        verdicts.push(`${topic}${n} ${outcome.kind === 'stored' ? outcome.position.seq : outcome.kind}`),
      );
    log.held.add('a');
    publish(1, 'a');
    publish(2, 'b');
    await settled();
    publish(3, 'a');
    publish(4, 'b');
    // The batch of b 2 ends; a 1 goes aside and takes a 3 with it.
    log.finish();
    await settled();
    publish(5, 'a');
    publish(6, 'b');
    expect(log.batches.map((batch) => batch.map(({ topic, dataText }) => topic + dataText))).toEqual([['b2'], ['a1'], ['b4']]);
    log.held.clear();
    const closed = commit.close();
    for (let step = 0; step < 5; step += 1) {
      log.finish();
      await settled();
    }
    await closed;
    expect(verdicts.filter((verdict) => verdict.startsWith('a'))).toEqual(['a1 1', 'a3 2', 'a5 3']);
    expect(verdicts.filter((verdict) => verdict.startsWith('b'))).toEqual(['b2 1', 'b4 2', 'b6 3']);
  });

  it('refuses what waits for a held topic when the log goes away', async () => {
    const { log, add } = open({ WAYBILL_GROUP_COMMIT_MS: '0' });
    log.held.add('a');
    const first = codeOf(add(1, 'a'));
    await settled();
    const second = codeOf(add(2, 'a'));
    log.become(new Refusal('UNAVAILABLE', 'away'));
    expect(await second).toBe('UNAVAILABLE');
    log.finish(new Refusal('UNKNOWN_OUTCOME', 'no verdict'));
    expect(await first).toBe('UNKNOWN_OUTCOME');
  });

  it('commits one message that is over the bytes of a batch', async () => {
    const { log, add } = open({ WAYBILL_GROUP_COMMIT_BYTES: '1024' });
    log.stepped = false;
    expect(await add(1, 't', 5_000)).toMatchObject({ kind: 'stored' });
  });

  it('without a delay takes what came within one turn', async () => {
    const { log, add } = open({ WAYBILL_GROUP_COMMIT_MS: '0' });
    for (let n = 0; n < 3; n += 1) void add(n);
    await settled();
    expect(log.sizes).toEqual([3]);
  });

  it('without a delay begins no second commit beside one that was full at once', async () => {
    const { log, add } = open({ WAYBILL_GROUP_COMMIT_MS: '0', WAYBILL_GROUP_COMMIT_MESSAGES: '2' });
    for (let n = 0; n < 3; n += 1) void add(n);
    await settled();
    expect(log.sizes).toEqual([2]);
  });

  it('has one commit of a lane under way, and keeps the order of calls', async () => {
    const { log, add } = open({ WAYBILL_GROUP_COMMIT_MS: '0' });
    const outcomes = [add(1)];
    await settled();
    for (let n = 2; n <= 5; n += 1) outcomes.push(add(n));
    await settled();
    expect(log.sizes).toEqual([1]);
    log.finish();
    await settled();
    expect(log.sizes).toEqual([1, 4]);
    log.finish();
    const stored = await Promise.all(outcomes);
    expect(stored.map((outcome) => outcome.kind === 'stored' && outcome.position.seq)).toEqual([1, 2, 3, 4, 5]);
  });

  it('spreads topics over lanes, each topic always on one', async () => {
    const { log, add } = open({ WAYBILL_PUBLISH_LANES: '4', WAYBILL_GROUP_COMMIT_MS: '0' });
    for (let n = 0; n < 64; n += 1) void add(n, `t.${n % 16}`);
    await settled();
    expect(log.batches.length).toBeGreaterThan(1);
    const lanesByTopic = Array.from(
      { length: 16 },
      (_, topic) => log.batches.filter((batch) => batch.some((draft) => draft.topic === `t.${topic}`)).length,
    );
    expect(lanesByTopic).toEqual(Array.from({ length: 16 }, () => 1));
  });

  it.each([
    ['messages', { WAYBILL_PUBLISH_QUEUE: '2' }, 10],
    ['bytes', { WAYBILL_PUBLISH_QUEUE_BYTES: '65536' }, 32_768],
  ])('refuses beyond the most %s that may wait, those under way included, and takes again afterwards', async (_name, env, bytes) => {
    const { log, add, telemetry } = open({ WAYBILL_GROUP_COMMIT_MS: '0', ...env });
    const first = add(1, 't', bytes);
    await settled();
    const second = add(2, 't', bytes);
    const refusal = await add(3, 't', bytes).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'UNAVAILABLE', retryAfterMs: 1_000 });
    expect(telemetry.of('rateLimited')).toEqual([['publish_queue']]);
    log.finish();
    await first;
    await settled();
    const third = add(4, 't', bytes);
    log.stepped = false;
    log.finish();
    expect(await Promise.all([second, third])).toMatchObject([{ kind: 'stored' }, { kind: 'stored' }]);
  });

  it('gives every item the verdict of a failed batch, and goes on', async () => {
    const { log, add } = open({ WAYBILL_GROUP_COMMIT_MS: '0' });
    const failing = [add(1), add(2)].map(codeOf);
    await settled();
    const next = add(3);
    log.finish(new Refusal('UNKNOWN_OUTCOME', 'the connection broke'));
    expect(await Promise.all(failing)).toEqual(['UNKNOWN_OUTCOME', 'UNKNOWN_OUTCOME']);
    await settled();
    log.finish();
    expect(await next).toMatchObject({ kind: 'stored', position: { seq: 1 } });
  });

  it('does not claim to know what an unexpected failure left behind', async () => {
    const { log, add } = open({ WAYBILL_GROUP_COMMIT_MS: '0' });
    const failing = codeOf(add(1));
    await settled();
    log.finish(new TypeError('a defect'));
    expect(await failing).toBe('UNKNOWN_OUTCOME');
  });

  it('stores what was taken before it closes, and takes nothing more', async () => {
    const { log, add, commit } = open({ WAYBILL_GROUP_COMMIT_MS: '100' });
    const taken = [add(1), add(2)];
    let closed = false;
    const closing = commit.close().then(() => (closed = true));
    expect(await codeOf(add(3))).toBe('DRAINING');
    await settled();
    expect(closed).toBe(false);
    log.finish();
    expect(await Promise.all(taken)).toMatchObject([{ kind: 'stored' }, { kind: 'stored' }]);
    await closing;
  });

  it('tells telemetry of each commit and of the publishes that share it', async () => {
    const { log, commit, telemetry } = open({ WAYBILL_GROUP_COMMIT_MS: '0' });
    log.stepped = false;
    await Promise.all([commit.append(draftOf('t', 1), 7, 'a'), commit.append(draftOf('t', 2), 5, undefined)]);
    expect(telemetry.of('append')).toEqual([[{ messages: 2, bytes: 12, publishes: ['a'] }]]);
    expect(telemetry.of('append.end')).toEqual([['OK']]);
  });

  describe('that is full', () => {
    const SMALL = { WAYBILL_GROUP_COMMIT_MS: '0', WAYBILL_PUBLISH_QUEUE: '2' };
    const AWAY = new Refusal('UNAVAILABLE', 'the log is away');

    it('lets publishes wait in order, and holds up each source once', async () => {
      const { log, add, commit } = open(SMALL);
      const [alice, bob] = [new Source(), new Source()];
      const stored: number[] = [];
      const publish = (n: number, source: Source): Promise<unknown> => add(n, 't', 10, source).then(() => stored.push(n));
      const all = [publish(1, alice), publish(2, alice), publish(3, alice), publish(4, bob), publish(5, alice)];
      expect(commit.counts).toEqual({ taken: 2, waiting: 3, paused: 2 });
      expect([alice.calls, bob.calls]).toEqual([['pause'], ['pause']]);
      await settled();
      log.finish();
      await settled();
      expect(log.sizes).toEqual([2, 2]);
      expect(commit.counts).toEqual({ taken: 2, waiting: 1, paused: 1 });
      expect([alice.calls, bob.calls]).toEqual([['pause'], ['pause', 'resume']]);
      log.stepped = false;
      log.finish();
      await Promise.all(all);
      expect(stored).toEqual([1, 2, 3, 4, 5]);
      expect(log.batches.flat().map((draft) => draft.dataText)).toEqual(['1', '2', '3', '4', '5']);
      expect(alice.calls).toEqual(['pause', 'resume']);
      expect(commit.counts).toEqual({ taken: 0, waiting: 0, paused: 0 });
    });

    it('lets nobody pass those that wait', async () => {
      const { log, add } = open({ WAYBILL_GROUP_COMMIT_MS: '0', WAYBILL_PUBLISH_QUEUE_BYTES: '65536' });
      const source = new Source();
      const first = add(1, 't', 40_000, source);
      const large = add(2, 't', 40_000, source);
      expect(await codeOf(add(3, 't', 10))).toBe('UNAVAILABLE');
      const small = add(4, 't', 10, source);
      log.stepped = false;
      await settled();
      log.finish();
      await Promise.all([first, large, small]);
      expect(log.batches.flat().map((draft) => draft.dataText)).toEqual(['1', '2', '4']);
    });

    it('refuses what has waited long enough, the others later', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
      const { log, add, telemetry } = open({ ...SMALL, WAYBILL_PUBLISH_PAUSE_MS: '1000' });
      const [alice, bob] = [new Source(), new Source()];
      const taken = [add(1), add(2)];
      const early = codeOf(add(3, 't', 10, alice));
      vi.advanceTimersByTime(600);
      const late = codeOf(add(4, 't', 10, bob));
      vi.advanceTimersByTime(400);
      expect(await early).toBe('UNAVAILABLE');
      expect([alice.calls, bob.calls]).toEqual([['pause', 'resume'], ['pause']]);
      expect(telemetry.of('rateLimited')).toEqual([['publish_queue']]);
      vi.advanceTimersByTime(599);
      expect(bob.calls).toEqual(['pause']);
      vi.advanceTimersByTime(1);
      expect(await late).toBe('UNAVAILABLE');
      log.stepped = false;
      log.finish();
      expect(await Promise.all(taken)).toHaveLength(2);
    });

    it('refuses at once where waiting is turned off', async () => {
      const { add } = open({ ...SMALL, WAYBILL_PUBLISH_PAUSE_MS: '0' });
      void add(1);
      void add(2);
      const source = new Source();
      expect(await codeOf(add(3, 't', 10, source))).toBe('UNAVAILABLE');
      expect(source.calls).toEqual([]);
    });

    it('refuses at once what waits, and what comes, when the log goes away, and nothing once it is back', async () => {
      const { log, add, commit, telemetry } = open({ ...SMALL, WAYBILL_PUBLISH_QUEUE: '3', WAYBILL_GROUP_COMMIT_MESSAGES: '1' });
      const source = new Source();
      const underWay = codeOf(add(1));
      const others = [add(2), add(3), add(4, 't', 10, source)].map(codeOf);
      log.become(AWAY);
      expect(await Promise.all([...others, codeOf(add(5, 't', 10, source))])).toEqual(Array.from({ length: 4 }, () => 'UNAVAILABLE'));
      expect(source.calls).toEqual(['pause', 'resume']);
      expect(log.sizes).toEqual([1]);
      expect(commit.counts).toEqual({ taken: 1, waiting: 0, paused: 0 });
      expect(telemetry.of('rateLimited')).toEqual([]);
      log.finish(new Refusal('UNKNOWN_OUTCOME', 'no answer'));
      expect(await underWay).toBe('UNKNOWN_OUTCOME');
      log.become(undefined);
      log.stepped = false;
      expect(await add(6)).toMatchObject({ kind: 'stored', position: { seq: 1 } });
    });

    it('sends those that wait to another node when it closes', async () => {
      const { log, add, commit } = open(SMALL);
      const source = new Source();
      const taken = [add(1), add(2)];
      const waiting = codeOf(add(3, 't', 10, source));
      const closing = commit.close();
      expect(await waiting).toBe('DRAINING');
      expect(source.calls).toEqual(['pause', 'resume']);
      log.stepped = false;
      await settled();
      log.finish();
      expect(await Promise.all(taken)).toHaveLength(2);
      await closing;
    });
  });
});
