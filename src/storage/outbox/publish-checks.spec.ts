import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openMessageLog, type OpenLog } from '../../../test/conformance/open-message-log.js';
import { freshDatabase, type TestDatabase } from '../../../test/support/postgres.js';
import { traceparentOrNothing } from '../../protocol/envelope.js';
import { exceedsDepth } from '../../protocol/json-depth.js';
import { topicKind, userTopic } from '../../protocol/topic-name.js';
import { TRACEPARENT, UNPRINTABLE } from '../migrations/publish-checks.js';

/** The SQL door has its checks in the database; these hold them against those of the other doors. */
describe('checks of the SQL door', () => {
  let fresh: TestDatabase;
  let open: OpenLog;

  beforeAll(async () => {
    fresh = await freshDatabase();
    open = await openMessageLog(fresh.url);
  });
  afterAll(async () => {
    await open.close();
    await fresh.drop();
  });

  async function inDatabase<T>(expression: string, values: readonly unknown[]): Promise<readonly T[]> {
    const rows: { result: T }[] = await open.dataSource.query(
      `select ${expression} as result from unnest($1::text[]) with ordinality as v (value, place) order by place`,
      [values],
    );
    return rows.map(({ result }) => result);
  }

  it('know the same characters as printable', async () => {
    const rows: { codes: number[] }[] = await open.dataSource.query(
      `select array_agg(c order by c) as codes from generate_series(1, 1114111) as c
        where c not between 55296 and 57343 and chr(c) ~ '${UNPRINTABLE}'`,
    );
    const expected: number[] = [];
    for (let code = 1; code <= 0x10ffff; code += 1) {
      if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(String.fromCodePoint(code))) expected.push(code);
    }
    expect(rows[0]?.codes).toEqual(expected);
  });

  it('know the same topics', async () => {
    const names = fc
      .sample(
        fc.oneof(
          fc.string({ unit: fc.constantFrom(...'aZ09_-..$~*é\n '.split('')), maxLength: 12 }),
          fc.string({ unit: fc.constantFrom(...'a.'.split('')), minLength: 125, maxLength: 131 }),
          fc
            .string({ unit: fc.constantFrom('a', '-', '~2e', '~61', '~C3', '~c3', '~a4', '~00', '~7f', '~f0', '~9f', '~'), maxLength: 6 })
            .map((id) => `$user.${id}`),
          fc
            .string({ unit: 'binary', minLength: 1, maxLength: 131 })
            .filter((id) => id.isWellFormed())
            .map(userTopic),
          fc.constantFrom('$all', '$user', '$user.', '$alls', ''),
        ),
        3_000,
      )
      .filter((name) => !name.includes('\0'));
    expect(await inDatabase<boolean>('waybill.is_topic(value)', names)).toEqual(names.map((name) => topicKind(name) !== undefined));
    expect(names.some((name) => topicKind(name) === 'user') && names.some((name) => topicKind(name) === 'plain')).toBe(true);
  });

  it('write a user’s topic the same way', async () => {
    const users = fc
      .sample(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }), 500)
      .filter((user) => topicKind(userTopic(user)) === 'user');
    expect(await inDatabase<string>('waybill.user_topic(value)', users)).toEqual(users.map(userTopic));
  });

  it('measure depth the same way', async () => {
    const texts = [
      ...fc.sample(fc.json({ maxDepth: 9, depthSize: 'max' }), 500),
      ...fc.sample(
        fc.string({ unit: fc.constantFrom('\\', '"', '[', '{', 'é', '🦊') }).map((text) => JSON.stringify([[text], { [text]: [] }])),
        200,
      ),
    ];
    for (const limit of [1, 2, 3, 5]) {
      expect(await inDatabase<boolean>(`waybill.json_deeper_than(value, ${limit})`, texts)).toEqual(
        texts.map((text) => exceedsDepth(text, limit)),
      );
    }
  });

  it('count the characters of a msg_id as the protocol does', async () => {
    const ids = fc.sample(fc.string({ unit: 'grapheme', maxLength: 70 }), 300);
    expect(await inDatabase<number>('waybill.utf16_length(value)', ids)).toEqual(ids.map((id) => id.length));
  });

  it('make UUIDs of version 7 that say when they were made', async () => {
    const before = Date.now();
    const made = await inDatabase<string>(
      'waybill.uuid_v7()::text',
      Array.from({ length: 50 }, () => ''),
    );
    expect(new Set(made).size).toBe(50);
    for (const uuid of made) {
      expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      const at = Number.parseInt(uuid.replace('-', '').slice(0, 12), 16);
      expect(Math.abs(at - before)).toBeLessThan(120_000);
    }
  });

  it('know the same traceparents', async () => {
    const good = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const values = [
      good,
      good.replace(/^00/, 'fe'),
      good.replace(/^00/, 'ff'),
      good.toUpperCase(),
      good.replace(/0af7651916cd43dd8448eb211c80319c/, '0'.repeat(32)),
      good.replace(/b7ad6b7169203331/, '0'.repeat(16)),
      `${good}-more`,
      `${good}\n`,
      ` ${good}`,
      '',
    ];
    const kept = await inDatabase<string | null>(`substring(value from '${TRACEPARENT}')`, values);
    expect(kept).toEqual(values.map((value) => traceparentOrNothing(value) ?? null));
    expect(kept.filter((value) => value !== null)).toHaveLength(2);
  });
});
