import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../test/support/postgres.js';
import { float8Array, int4Array, int8Array, textArray } from './array-parameter.js';

describe('an array parameter', () => {
  let fresh: TestDatabase;
  let client: pg.Client;

  beforeAll(async () => {
    fresh = await freshDatabase();
    client = new pg.Client({ connectionString: fresh.url });
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await fresh.drop();
  });

  const cases: readonly [string, Buffer, readonly unknown[]][] = [
    ['text[]', textArray(['a', '', '{"b":"\\"c"}', undefined, 'NULL', 'é漢🦉']), ['a', '', '{"b":"\\"c"}', null, 'NULL', 'é漢🦉']],
    ['text[]', textArray(['x'.repeat(70_000)]), ['x'.repeat(70_000)]],
    ['int[]', int4Array([0, -1, 2_147_483_647]), [0, -1, 2_147_483_647]],
    ['bigint[]', int8Array([0, -1, Number.MAX_SAFE_INTEGER]), ['0', '-1', String(Number.MAX_SAFE_INTEGER)]],
    ['float8[]', float8Array([0.5, undefined, -1e300, 1_712_048_400_000]), [0.5, null, -1e300, 1_712_048_400_000]],
  ];

  it.each(cases)('arrives as %s', async (type, parameter, expected) => {
    const result = await client.query<{ value: unknown }>(`select unnest($1::${type}) as value`, [parameter]);
    expect(result.rows.map((row) => row.value)).toEqual(expected);
  });
});
