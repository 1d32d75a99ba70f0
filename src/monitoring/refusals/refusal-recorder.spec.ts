import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { erasedUser } from '../../messaging/ledger/erased-users.js';
import type { RefusalRecord } from '../../messaging/ledger/refusal-record.js';
import type { Refused } from '../../telemetry/refused.js';
import { RefusalRecorder } from './refusal-recorder.js';

const NOON = 1_763_700_000_000;

const refused = (change: Partial<Refused> = {}): Refused => ({
  kind: 'subscribe',
  code: 'PERMISSION_DENIED',
  rule: 'claims.topics.subscribe',
  message: 'alice may not subscribe to news.1',
  user: 'alice',
  topic: 'news.1',
  connectionId: 'c-1',
  ref: 'K7',
  ...change,
});

let told: [user: string, record: RefusalRecord][];
let unrecorded: number;
const ledger = { refused: (user: string, record: RefusalRecord) => void told.push([user, record]) };

beforeEach(() => {
  told = [];
  unrecorded = 0;
  vi.useFakeTimers({ now: NOON });
});
afterEach(() => vi.useRealTimers());

function recorder(perSecond = 50): RefusalRecorder {
  const made = new RefusalRecorder(perSecond, () => (unrecorded += 1));
  made.tellTo(ledger);
  return made;
}

describe('the recorder of refusals', () => {
  it('tells at once, then every five seconds while it goes on, as one record that grows', async () => {
    const made = recorder();
    for (let n = 0; n < 120; n += 1) {
      made.add(refused({ ref: `R${n}` }));
      await vi.advanceTimersByTimeAsync(100);
    }
    await vi.advanceTimersByTimeAsync(60_000);
    expect(told.map(([, { count, lastAt, firstAt }]) => [count, lastAt - firstAt])).toEqual([
      [1, 0],
      [51, 5_000],
      [101, 10_000],
      [120, 11_900],
    ]);
    expect(told.at(-1)).toEqual([
      'alice',
      {
        kind: 'subscribe',
        code: 'PERMISSION_DENIED',
        rule: 'claims.topics.subscribe',
        message: 'alice may not subscribe to news.1',
        topic: 'news.1',
        connection: 'c-1',
        ref: 'R119',
        firstAt: NOON,
        lastAt: NOON + 11_900,
        count: 120,
      },
    ]);
  });

  it.each<[string, Partial<Refused>]>([
    ['user', { user: 'bob' }],
    ['topic', { topic: 'news.2' }],
    ['rule', { rule: 'another' }],
    ['code', { code: 4503 }],
    ['kind', { kind: 'close' }],
  ])('keeps those of another %s apart', (_what, change) => {
    const made = recorder();
    made.add(refused());
    made.add(refused(change));
    expect(told).toHaveLength(2);
  });

  it('leaves out those who have not proved who they are', () => {
    recorder().add(refused({ user: undefined }));
    expect(told).toEqual([]);
  });

  it('keeps what came before there was a ledger', () => {
    const made = new RefusalRecorder(50, () => undefined);
    made.add(refused());
    made.add(refused());
    made.tellTo(ledger);
    expect(told).toMatchObject([['alice', { count: 2 }]]);
  });

  it('is no flood, however many topics are tried, and counts what it left out', async () => {
    const made = recorder(50);
    for (let n = 0; n < 10_000; n += 1) made.add(refused({ topic: `t.${n}` }));
    expect([told.length, unrecorded]).toEqual([50, 9_950]);
    // One that grows is no new one.
    made.add(refused({ topic: 't.3' }));
    expect(unrecorded).toBe(9_950);
    for (let second = 0; second < 100; second += 1) {
      await vi.advanceTimersByTimeAsync(1_000);
      for (let n = 0; n < 60; n += 1) made.add(refused({ topic: `s${second}.${n}` }));
    }
    expect(told.length).toBeLessThanOrEqual(50 * 101 + 1);
    expect(Reflect.get(made, 'growing')).toHaveProperty('size', 2_000);
  });

  it('tells the last count of one that it forgets, and of all at the end', () => {
    const made = recorder(10_000);
    made.add(refused());
    made.add(refused());
    for (let n = 0; n < 2_000; n += 1) made.add(refused({ topic: `t.${n}` }));
    expect(told.filter(([, { topic }]) => topic === 'news.1').map(([, { count }]) => count)).toEqual([1, 2]);
    made.add(refused({ topic: 't.1999' }));
    made.stop();
    expect(told.at(-1)).toMatchObject(['alice', { topic: 't.1999', count: 2 }]);
  });

  it('forgets what a user who was erased was refused before, or on a connection of before', () => {
    const made = recorder();
    made.add(refused());
    made.add(refused());
    vi.setSystemTime(NOON + 10);
    made.add(refused({ topic: 'late.1', connectedAt: NOON }));
    made.add(refused({ topic: 'late.1', connectedAt: NOON + 9 }));
    made.add(refused({ topic: 'new.1', connectedAt: NOON + 9 }));
    made.add(refused({ topic: 'new.1', connectedAt: NOON + 9 }));
    made.forget(erasedUser('alice', NOON + 5));
    made.stop();
    expect(told.filter(([, { count }]) => count > 1)).toMatchObject([['alice', { topic: 'new.1', count: 2 }]]);
  });
});
