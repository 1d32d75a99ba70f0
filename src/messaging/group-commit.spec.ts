import { afterEach, describe, expect, it, vi } from 'vitest';
import { Config } from '../config/config.js';
import { Refusal } from '../protocol/refusal.js';
import { RecordingTelemetry } from '../telemetry/recording-telemetry.js';
import { GroupCommit } from './group-commit.js';
import { MemoryMessageLog } from './memory-message-log.js';
import type { AppendOutcome } from './message-log.js';
import type { Draft } from './message.js';

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
  const add = (n: number, topic = 't', bytes = 10): Promise<AppendOutcome> => commit.append(draftOf(topic, n), bytes, undefined);
  return { log, telemetry, commit, add };
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
});
