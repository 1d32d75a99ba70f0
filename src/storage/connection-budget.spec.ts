import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { freshDatabase } from '../../test/support/postgres.js';
import { type ConnectionBudget, judgeBudget, readBudget } from './connection-budget.js';
import { prepareDatabase } from './prepare-database.js';

const BUDGET: ConnectionBudget = { allowed: 97, limit: 'max_connections is 100, of which 3 are reserved', taken: 4, pooled: false };

describe('the budget of connections', () => {
  const cases: readonly [string, Partial<ConnectionBudget>, number, boolean | undefined, RegExp?][] = [
    ['has room', {}, 10, undefined],
    ['is used up to the last one', { taken: 84 }, 10, undefined],
    ['is one short', { taken: 85 }, 10, true, /10 connections may not be had: others have 85 of the 97.*docs\/database\.md/],
    ['is a little too small for one node alone', {}, 95, false, /95 connections, and 3 while a node starts.*to 94 at most/],
    ['just holds one node', { taken: 0 }, 94, undefined],
    ['is a pooler’s, of which the figures say nothing', { pooled: true, taken: 97 }, 200, undefined],
  ];

  it.each(cases)('%s', (_name, budget, poolSize, fits, sentence) => {
    const finding = judgeBudget({ ...BUDGET, ...budget }, poolSize);
    expect(finding?.fits).toBe(fits);
    if (sentence !== undefined) expect(finding?.sentence).toMatch(sentence);
  });

  it('is read from the server, the limits of user and database included', async () => {
    const fresh = await freshDatabase();
    const admin = new pg.Client({ connectionString: fresh.url });
    await admin.connect();
    const role = `guest_${randomBytes(6).toString('hex')}`;
    await admin.query(`create role ${role} login password 'guest' connection limit 9`);
    const url = new URL(fresh.url);
    [url.username, url.password] = [role, 'guest'];
    const guest = new pg.Client({ connectionString: url.href });
    await guest.connect();
    expect(await readBudget(guest)).toMatchObject({ allowed: 9, limit: expect.stringContaining('9'), pooled: false });
    expect((await readBudget(guest)).taken).toBeGreaterThan(0);
    expect(await readBudget(admin)).toMatchObject({ allowed: 297, limit: expect.stringContaining('300') });
    await expect(prepareDatabase(url.href, 5_000, 7)).rejects.toThrow(/WAYBILL_DB_POOL: 7 .*connection limit is 9.*to 6 at most/);
    await guest.end();
    await admin.query(`drop role ${role}`);
    await admin.end();
    await fresh.drop();
  });
});
