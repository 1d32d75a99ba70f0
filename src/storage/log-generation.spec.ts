import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { draftOf } from '../../test/conformance/message-log.suite.js';
import { openMessageLog, type OpenLog } from '../../test/conformance/open-message-log.js';
import { freshDatabase, type TestDatabase } from '../../test/support/postgres.js';

describe('the generation of the log', () => {
  let fresh: TestDatabase;
  let open: OpenLog;

  beforeAll(async () => {
    fresh = await freshDatabase();
    open = await openMessageLog(fresh.url);
    await open.log.append([draftOf('room.a'), draftOf('room.b')]);
  });
  afterAll(async () => {
    await open.close();
    await fresh.drop();
  });

  const verify = async (): Promise<string> => {
    const rows: { generation: string }[] = await open.dataSource.query('select waybill.verify_log() as generation');
    return rows[0]?.generation ?? '';
  };
  const epochOf = async (topic: string): Promise<string> => (await open.log.ends([topic]))[0]?.epoch ?? '';

  it('stays while the database is the same', async () => {
    const generation = await verify();
    expect(await verify()).toBe(generation);
    expect(await epochOf('room.a')).toBe(generation);
  });

  it('rises in a database with another system identifier, as a dump restored in another cluster has, for every topic', async () => {
    const before = await epochOf('room.a');
    await open.dataSource.query(`update waybill.log set identity = '1/' || right(identity, 8)`);
    const risen = await Promise.all([verify(), verify(), verify()]);
    expect(new Set(risen).size).toBe(1);
    expect(risen[0]).not.toBe(before);
    expect(await epochOf('room.a')).toBe(risen[0]);
    expect(await epochOf('room.b')).toBe(risen[0]);
    expect((await open.log.read('room.a', { limit: 9 })).messages).toMatchObject([{ seq: 1, epoch: risen[0] }]);
  });

  it('rises in a database that was restored beside others of the same cluster', async () => {
    const restored = await freshDatabase();
    const there = await openMessageLog(restored.url);
    const [row]: { generation: string; identity: string }[] = await open.dataSource.query('select generation, identity from waybill.log');
    await there.dataSource.query('update waybill.log set generation = $1, identity = $2', [row?.generation, row?.identity]);
    await there.dataSource.query('select waybill.verify_log()');
    expect((await there.log.ends(['room.a']))[0]?.epoch).not.toBe(row?.generation);
    await there.close();
    await restored.drop();
  });

  it('rises with the first append after a timeline changed, before that append is acknowledged', async () => {
    const before = await epochOf('room.a');
    await open.dataSource.query(`update waybill.log set identity = left(identity, -8) || '0000000A'`);
    const [outcome] = await open.log.append([draftOf('room.a')]);
    expect(outcome).toMatchObject({ kind: 'stored', position: { seq: 2 } });
    const after = await epochOf('room.a');
    expect(after).not.toBe(before);
    expect(outcome).toMatchObject({ position: { epoch: after } });
  });

  it('rises when somebody resets the log, and says why', async () => {
    const before = await epochOf('room.b');
    await open.dataSource.query(`select waybill.reset_log('the volume was rolled back')`);
    expect(await epochOf('room.b')).not.toBe(before);
    const rows: { reason: string; raised: number }[] = await open.dataSource.query('select reason, raised from waybill.log');
    expect(rows).toMatchObject([{ reason: 'the volume was rolled back', raised: 4 }]);
  });

  it('is nobody else’s to raise', async () => {
    const role = `stranger_${Math.random().toString(36).slice(2)}`;
    await open.dataSource.query(`create role ${role}`);
    await open.dataSource.query(`grant usage on schema waybill to ${role}`);
    const client = new pg.Client({ connectionString: fresh.url });
    await client.connect();
    await client.query(`set role ${role}`);
    for (const call of [`reset_log('x')`, 'verify_log()', `delete_topic('room.a')`]) {
      await expect(client.query(`select waybill.${call}`)).rejects.toMatchObject({ code: '42501' });
    }
    await client.end();
    await open.dataSource.query(`revoke usage on schema waybill from ${role}`);
    await open.dataSource.query(`drop role ${role}`);
  });

  it('is verified by an owner who is no superuser', async () => {
    const role = `owner_${Math.random().toString(36).slice(2)}`;
    await open.dataSource.query(`create role ${role} login password 'x'`);
    const owned = await freshDatabase();
    const url = new URL(owned.url);
    const admin = new pg.Client({ connectionString: owned.url });
    await admin.connect();
    await admin.query(`grant create on database ${url.pathname.slice(1)} to ${role}`);
    url.username = role;
    url.password = 'x';
    const plain = await openMessageLog(url.href);
    expect(await plain.log.append([draftOf('room.a')])).toMatchObject([{ kind: 'stored' }]);
    await plain.dataSource.query(`update waybill.log set identity = '1/00000001'`);
    expect(await plain.dataSource.query('select waybill.verify_log()')).toHaveLength(1);
    await plain.close();
    await admin.end();
    await owned.drop();
    await open.dataSource.query(`drop role ${role}`);
  });
});
