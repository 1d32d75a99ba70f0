import { describe, expect, it } from 'vitest';
import { Config } from '../../config/config.js';
import type { Refused } from '../../telemetry/refused.js';
import { Log } from '../logging/log.js';
import { HourlyCount } from './hourly-count.js';
import { RefusalLog } from './refusal-log.js';
import { RefusalSummary } from './refusal-summary.js';
import { Refusals } from './refusals.js';

const MINUTE = 60_000;
const NOON = 29_000_000 * MINUTE;

const refused = (change: Partial<Refused> = {}): Refused => ({
  kind: 'publish',
  code: 'PERMISSION_DENIED',
  rule: 'claims.topics.publish',
  message: 'alice may not publish to news.1',
  user: 'alice',
  address: '192.0.2.1',
  ...change,
});

describe('an hourly count', () => {
  it('forgets what is older than an hour, minute by minute', () => {
    const count = new HourlyCount();
    for (const minute of [0, 0, 1, 30]) count.add(NOON + minute * MINUTE);
    expect([30, 59, 60, 61, 90, 500].map((minute) => count.within(NOON + minute * MINUTE))).toEqual([4, 4, 2, 1, 0, 0]);
  });

  it('counts on where the clock was put back', () => {
    const count = new HourlyCount();
    count.add(NOON);
    count.add(NOON - 10 * MINUTE);
    expect(count.within(NOON)).toBe(2);
  });
});

describe('refusals', () => {
  const recorded = (capacity = 1_000) => {
    let now = NOON;
    const refusals = new Refusals(capacity, () => now);
    return { refusals, pass: (ms: number) => (now += ms), page: (query = {}) => refusals.page({ limit: 100, ...query }) };
  };

  it('are summed up by kind, code and rule, the most frequent of the last hour first', () => {
    const { refusals, pass, page } = recorded();
    for (let n = 0; n < 5; n += 1) refusals.add(refused());
    pass(90 * MINUTE);
    for (const user of ['alice', 'bob', 'carol']) refusals.add(refused({ kind: 'close', code: 4503, rule: 'revoked or forbidden', user }));
    refusals.add(refused({ message: 'bob may not publish to news.2', user: 'bob' }));
    expect(page().sums).toEqual([
      {
        kind: 'close',
        code: '4503',
        rule: 'revoked or forbidden',
        message: 'alice may not publish to news.1',
        last_hour: 3,
        total: 3,
        last_at: NOON + 90 * MINUTE,
      },
      {
        kind: 'publish',
        code: 'PERMISSION_DENIED',
        rule: 'claims.topics.publish',
        message: 'bob may not publish to news.2',
        last_hour: 1,
        total: 6,
        last_at: NOON + 90 * MINUTE,
      },
    ]);
  });

  it('are listed newest first, those of one caller by one rule as one', () => {
    const { refusals, pass, page } = recorded();
    refusals.add(refused({ topic: 'news.1' }));
    refusals.add(refused({ user: 'bob' }));
    pass(1_000);
    refusals.add(refused({ topic: 'news.2', ref: 'K7', connectionId: 'c-1', traceId: 't-1' }));
    expect(page().items).toEqual([
      {
        first_at: NOON,
        last_at: NOON + 1_000,
        count: 2,
        kind: 'publish',
        code: 'PERMISSION_DENIED',
        rule: 'claims.topics.publish',
        message: 'alice may not publish to news.1',
        user: 'alice',
        address: '192.0.2.1',
        topic: 'news.2',
        ref: 'K7',
        connection_id: 'c-1',
        trace_id: 't-1',
      },
      expect.objectContaining({ user: 'bob', count: 1 }),
    ]);
  });

  it('are filtered, and paged without a gap while more are added', () => {
    const { refusals, page } = recorded();
    for (let n = 0; n < 10; n += 1) refusals.add(refused({ user: `user-${n}` }));
    refusals.add(refused({ kind: 'connect', code: 'UNAUTHENTICATED', rule: undefined, address: '192.0.2.9' }));
    const users = (items: readonly { readonly user?: string }[]): readonly (string | undefined)[] => items.map(({ user }) => user);
    expect(page({ kind: 'connect' })).toMatchObject({ sums: [{ kind: 'connect' }], items: [{ kind: 'connect' }] });
    expect(page({ code: 'UNAUTHENTICATED' }).items).toHaveLength(1);
    expect(users(page({ user: 'user-3' }).items)).toEqual(['user-3']);
    expect(page({ address: '192.0.2.9' }).items).toHaveLength(1);
    const first = page({ limit: 4, kind: 'publish' });
    refusals.add(refused({ user: 'late' }));
    const second = page({ limit: 100, kind: 'publish', cursor: Number(first.next) });
    expect(users([...first.items, ...second.items])).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0].map((n) => `user-${n}`));
    expect(second.next).toBeUndefined();
  });

  it('stay few in a flood', () => {
    const { refusals, page } = recorded(50);
    for (let n = 0; n < 10_000; n += 1) refusals.add(refused({ user: 'one who insists' }));
    expect(page().items).toMatchObject([{ count: 10_000 }]);
    for (let n = 0; n < 10_000; n += 1) refusals.add(refused({ address: `10.0.${n >> 8}.${n & 255}`, rule: `rule-${n}` }));
    expect(page({ limit: 1_000 }).items).toHaveLength(50);
    expect(page().sums.length).toBeLessThanOrEqual(500);
    const summary = new RefusalSummary();
    for (let n = 0; n < 10_000; n += 1) summary.add(refused({ rule: `rule-${n}` }), NOON);
    expect(summary.size).toBe(500);
  });

  it('are summed up where none is kept', () => {
    const { refusals, page } = recorded(0);
    refusals.add(refused());
    expect(page()).toMatchObject({ sums: [{ total: 1 }], items: [] });
  });

  it('hold no credential, nothing that forges a line, and no rule for each place of a list', () => {
    const { refusals, page } = recorded();
    const token = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl';
    refusals.add(refused({ message: `Bearer ${token} is not one`, client: token, topic: 'a\nb', rule: 'data.topics[17].topic' }));
    const text = JSON.stringify(page());
    expect(text).not.toContain('eyJ');
    expect(page().items[0]).toMatchObject({ topic: 'a\\u{a}b', rule: 'data.topics[].topic' });
  });
});

describe('the log of refusals', () => {
  const logged = () => {
    let now = 0;
    const lines: Record<string, unknown>[] = [];
    const writer = { write: (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>) };
    const log = new RefusalLog(new Log(Config.from({}), writer), () => now);
    return { log, lines, pass: (ms: number) => (now += ms) };
  };

  it('says why in words, and counts the repeats of a caller', () => {
    const { log, lines, pass } = logged();
    for (let n = 0; n < 100; n += 1) log.write(refused({ traceId: 'abc', ref: 'K7' }));
    log.write(refused({ user: 'bob' }));
    pass(10_000);
    log.write(refused());
    expect(lines).toMatchObject([
      {
        level: 'info',
        event: 'refused',
        kind: 'publish',
        code: 'PERMISSION_DENIED',
        rule: 'claims.topics.publish',
        user: 'alice',
        address: '192.0.2.1',
        ref: 'K7',
        trace_id: 'abc',
        msg: 'publish refused: alice may not publish to news.1',
      },
      { user: 'bob' },
      { user: 'alice', repeated: 99 },
    ]);
  });

  it('is no flood, whoever comes, and says how much it left out', () => {
    const { log, lines, pass } = logged();
    for (let n = 0; n < 5_000; n += 1) log.write(refused({ user: `user-${n}` }));
    expect(lines).toHaveLength(20);
    pass(1_000);
    log.write(refused({ user: 'another' }));
    expect(lines.at(-1)).toMatchObject({ user: 'another', left_out: 4_980 });
  });
});
