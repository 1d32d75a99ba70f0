import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { freshDatabase } from '../../test/support/postgres.js';
import { databaseFinding } from './database-finding.js';

describe('what doctor finds of the database', () => {
  afterEach(() => void vi.unstubAllEnvs());

  it('is nothing where none is named', async () => {
    vi.stubEnv('DATABASE_URL', undefined);
    expect(await databaseFinding()).toBeUndefined();
  });

  it('is nothing where the settings are wrong, which is another check’s to say', async () => {
    vi.stubEnv('DATABASE_URL', 'postgres://127.0.0.1:1/none');
    vi.stubEnv('WAYBILL_DB_POOL', 'many');
    expect(await databaseFinding()).toBeUndefined();
  });

  it('is that it does not answer', async () => {
    vi.stubEnv('DATABASE_URL', 'postgres://127.0.0.1:1/none');
    expect(await databaseFinding()).toMatchObject({
      ok: false,
      sentence: expect.stringMatching(/ECONNREFUSED.*Start it or correct the URL/),
    });
  });

  it('is whether the pool fits, with the figures', async () => {
    const fresh = await freshDatabase();
    const admin = new pg.Client({ connectionString: fresh.url });
    await admin.connect();
    const role = `doctor_${randomBytes(6).toString('hex')}`;
    await admin.query(`create role ${role} login password 'guest' connection limit 9`);
    vi.stubEnv('DATABASE_URL', fresh.url);
    vi.stubEnv('WAYBILL_DB_POOL', '6');
    expect(await databaseFinding()).toMatchObject({ ok: true, sentence: expect.stringMatching(/grants 297 connections.*up to 6\./) });
    const url = new URL(fresh.url);
    [url.username, url.password] = [role, 'guest'];
    vi.stubEnv('DATABASE_URL', url.href);
    vi.stubEnv('WAYBILL_DB_POOL', '7');
    expect(await databaseFinding()).toMatchObject({ ok: false, sentence: expect.stringMatching(/WAYBILL_DB_POOL: 7 .*to 6 at most/) });
    await admin.query(`drop role ${role}`);
    await admin.end();
    await fresh.drop();
  });
});
