import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { freshDatabase } from '../../test/support/postgres.js';
import { prepareDatabase, serverProblem, type ServerFacts } from './prepare-database.js';

const GOOD: ServerFacts = { version: '18.4', encoding: 'UTF8', standby: false };

describe('a server', () => {
  const cases: readonly [Partial<ServerFacts>, RegExp | undefined][] = [
    [{}, undefined],
    [{ version: '15.13 (Debian 15.13-0+deb12u1)' }, undefined],
    [{ version: '19beta1' }, undefined],
    [{ version: '14.20' }, /Postgres 14\.20; Waybill needs Postgres 15/],
    [{ version: '9.6.24' }, /Postgres 9\.6\.24/],
    [{ encoding: 'SQL_ASCII' }, /encoding SQL_ASCII.*--encoding=UTF8/],
    [{ standby: true }, /read-only standby/],
  ];

  it.each(cases)('with %j', (facts, expected) => {
    const problem = serverProblem({ ...GOOD, ...facts });
    if (expected === undefined) expect(problem).toBeUndefined();
    else expect(problem).toMatch(expected);
  });
});

describe('a database that cannot be used', () => {
  it('is refused with a sentence that says what to do and keeps the password', async () => {
    const fresh = await freshDatabase();
    const wrongPassword = new URL(fresh.url);
    wrongPassword.password = 'hunter2';
    await expect(prepareDatabase(wrongPassword.href, 1_000)).rejects.toThrow(
      /DATABASE_URL: no connection to Postgres at 127\.0\.0\.1:\d+\/test_\w+ .*correct DATABASE_URL/,
    );
    await expect(prepareDatabase(wrongPassword.href, 1_000)).rejects.not.toThrow(/hunter2/);
    const noDatabase = new URL(fresh.url);
    noDatabase.pathname = '/nowhere';
    await expect(prepareDatabase(noDatabase.href, 1_000)).rejects.toThrow(/"nowhere" does not exist.*create it or correct DATABASE_URL/);
    await fresh.drop();
  });

  it('is refused when the user may not make the schema', async () => {
    const fresh = await freshDatabase();
    const role = `guest_${new URL(fresh.url).pathname.slice(6)}`;
    const admin = new pg.Client({ connectionString: fresh.url });
    admin.on('error', () => undefined);
    await admin.connect();
    await admin.query(`create role ${role} login password 'guest'`);
    const url = new URL(fresh.url);
    [url.username, url.password] = [role, 'guest'];
    await expect(prepareDatabase(url.href, 1_000)).rejects.toThrow(/schema "waybill" cannot be created \(permission denied.*authorization/);
    await admin.query(`drop role ${role}`);
    await admin.end();
    await fresh.drop();
  });
});
