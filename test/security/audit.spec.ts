import { once } from 'node:events';
import { connect } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditHead, AuditRecord } from '../../src/audit/audit-record.js';
import { ChainCheck } from '../../src/audit/chain.js';
import { startGateway, TEST_API_KEY, type TestGateway } from '../support/gateway.js';
import { freshDatabase } from '../support/postgres.js';
import { TestSocket } from '../support/socket.js';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway({
    env: { WAYBILL_AUDIT_REFUSALS_PER_MINUTE: '5', WAYBILL_NODE_ID: 'audited', WAYBILL_DB_STATEMENT_TIMEOUT_MS: '1000' },
  });
});
afterAll(() => gateway.stop());

async function recorded(filter: Readonly<Record<string, string>>): Promise<readonly AuditRecord[]> {
  const query = new URLSearchParams({ order: 'oldest', limit: '1000', ...filter });
  const { status, body } = await gateway.rest('GET', `/api/v1/ops/audit?${query.toString()}`);
  expect(status).toBe(200);
  return (body.data as { items: readonly AuditRecord[] }).items;
}

/** Who, when, from where and by which trace: the same in every record. */
function ofBootstrap(began: number): object {
  return {
    actor: 'key:bootstrap',
    node: 'audited',
    address: '127.0.0.1',
    trace_id: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
    at: expect.toSatisfy((at: number) => at >= began && at <= Date.now()) as number,
  };
}

async function makeKey(name: string): Promise<string> {
  const { status, body } = await gateway.rest('POST', '/api/v1/auth/keys', { name, scopes: ['read'] });
  expect(status).toBe(201);
  return (body.data as { id: string }).id;
}

describe('S52 an operator’s action is one record: who, when, what, before, after, address, trace', () => {
  it('S52 disconnecting a user', async () => {
    const began = Date.now();
    const socket = await TestSocket.connect(gateway.port, await gateway.token('mallory'));
    const { body } = await gateway.rest('GET', '/api/v1/ops/connections?user=mallory');
    const [{ id, ref }] = (body.data as { items: [{ id: string; ref: string }] }).items;
    const answer = await gateway.rest('DELETE', `/api/v1/ops/connections/${id}`);
    expect(answer.status).toBe(200);
    // Stored before the answer left: no waiting here.
    expect(await recorded({ action: 'connection.disconnect', target: id })).toEqual([
      expect.objectContaining({
        ...ofBootstrap(began),
        result: 'OK',
        trace_id: answer.body.trace_id,
        before: { user: 'mallory', ref, state: 'open', address: '127.0.0.1' },
        after: { state: 'closed', code: 4400 },
      }),
    ]);
    await socket.close();
  });

  it('S52 making and revoking a key', async () => {
    const began = Date.now();
    const id = await makeKey('audited-key');
    expect((await gateway.rest('DELETE', `/api/v1/auth/keys/${id}`)).status).toBe(200);
    expect(await recorded({ target: id })).toEqual([
      expect.objectContaining({
        ...ofBootstrap(began),
        action: 'key.create',
        result: 'OK',
        after: { name: 'audited-key', scopes: ['read'] },
      }),
      expect.objectContaining({
        ...ofBootstrap(began),
        action: 'key.revoke',
        result: 'OK',
        before: { name: 'audited-key', scopes: ['read'], revoked: false },
        after: { name: 'audited-key', scopes: ['read'], revoked: true },
      }),
    ]);
  });

  it('S52 changing a limit, and taking it back', async () => {
    const began = Date.now();
    const limit = 'monitoring.traceRate';
    const changed = await gateway.rest('PATCH', '/api/v1/ops/settings', { set: { [limit]: 123 }, comment: 'trying' });
    const { version } = changed.body.data as { version: number };
    await gateway.rest('POST', '/api/v1/ops/settings/rollback', { version: version - 1 });
    const refused = await gateway.rest('PATCH', '/api/v1/ops/settings', { set: { [limit]: -1 } });
    expect(refused.status).toBe(400);
    await expect
      .poll(async () => [...(await recorded({ action: 'settings.change' })), ...(await recorded({ action: 'settings.rollback' }))])
      .toEqual([
        expect.objectContaining({
          ...ofBootstrap(began),
          target: limit,
          result: 'OK',
          before: { [limit]: { value: 200, source: 'default' } },
          after: { [limit]: { value: 123, source: 'settings' }, version },
        }),
        expect.objectContaining({ ...ofBootstrap(began), target: limit, result: 'BAD_REQUEST' }),
        expect.objectContaining({
          ...ofBootstrap(began),
          target: `version ${version - 1}`,
          before: { [limit]: { value: 123, source: 'settings' } },
          after: { [limit]: { value: 200, source: 'default' }, version: version + 1 },
        }),
      ]);
  });

  it('S52 deleting a topic', async () => {
    await gateway.rest('POST', '/api/v1/topics/audited.one/messages', { data: 1 });
    expect((await gateway.rest('DELETE', '/api/v1/topics/audited.one')).status).toBe(200);
    expect(await recorded({ action: 'topic.delete' })).toEqual([expect.objectContaining({ target: 'audited.one', result: 'OK' })]);
  });

  it('S52 no record holds a secret', async () => {
    const { body } = await gateway.rest('POST', '/api/v1/auth/keys', { name: 'secret-key', scopes: ['read'] });
    const { key } = body.data as { key: string };
    const text = JSON.stringify(await recorded({}));
    expect(text).not.toContain(key);
    expect(text).not.toContain(TEST_API_KEY);
  });
});

describe('S52 failed attempts are recorded too', () => {
  it('S52 by somebody who may not', async () => {
    const token = await gateway.token('eve');
    const refused = await gateway.rest('DELETE', '/api/v1/ops/connections/of-eve', undefined, { authorization: `Bearer ${token}` });
    expect(refused.status).toBe(403);
    await expect
      .poll(() => recorded({ actor: 'user:eve' }))
      .toEqual([
        expect.objectContaining({ action: 'connection.disconnect', target: 'of-eve', result: 'PERMISSION_DENIED', address: '127.0.0.1' }),
      ]);
  });

  it('S52 of something that is not there', async () => {
    expect((await gateway.rest('DELETE', '/api/v1/ops/connections/nobody')).status).toBe(404);
    await expect
      .poll(() => recorded({ target: 'nobody' }))
      .toEqual([expect.objectContaining({ actor: 'key:bootstrap', action: 'connection.disconnect', result: 'NOT_FOUND' })]);
  });

  it('S52 a flood of strangers is recorded up to the limit, and hides nobody else', async () => {
    const stranger = (): Promise<{ status: number }> =>
      gateway.rest('POST', '/api/v1/auth/keys', { name: 'x', scopes: ['admin'] }, { authorization: 'Bearer no-key-at-all' });
    const statuses = await Promise.all(Array.from({ length: 100 }, stranger));
    expect(new Set(statuses.map(({ status }) => status))).toEqual(new Set([401]));
    await expect.poll(() => recorded({ actor: 'anonymous' })).toHaveLength(5);
    expect((await recorded({ actor: 'anonymous' }))[0]).toMatchObject({ action: 'key.create', result: 'UNAUTHENTICATED' });
    const weak = await gateway.rest('POST', '/api/v1/auth/keys', { name: 'weak', scopes: ['read'] });
    const { key } = weak.body.data as { key: string };
    await gateway.rest('DELETE', '/api/v1/auth/keys/anything', undefined, { authorization: `Bearer ${key}` });
    await expect
      .poll(() => recorded({ actor: 'key:weak' }))
      .toEqual([expect.objectContaining({ action: 'key.revoke', result: 'PERMISSION_DENIED' })]);
  });

  it('S52 an action whose caller did not wait for the answer', async () => {
    const id = await makeKey('left-alone');
    const socket = connect(gateway.port, '127.0.0.1');
    await once(socket, 'connect');
    const request = `DELETE /api/v1/auth/keys/${id} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TEST_API_KEY}\r\n\r\n`;
    socket.write(request, () => socket.resetAndDestroy());
    await expect.poll(() => recorded({ action: 'key.revoke', target: id })).toHaveLength(1);
  });
});

describe('S52 the table is only ever added to', () => {
  let admin: pg.Client;
  beforeAll(async () => {
    admin = new pg.Client({ connectionString: gateway.database.url });
    await admin.connect();
  });
  afterAll(() => admin.end());

  it.each([
    `update waybill.audit set actor = 'nobody'`,
    'update waybill.audit set actor = actor where false',
    'delete from waybill.audit',
    'truncate waybill.audit',
    'truncate waybill.audit, waybill.audit_head',
    'delete from waybill.audit_head',
    `insert into waybill.audit_head (only_row, count, hash) values (false, 0, '')`,
    `update waybill.audit_head set count = 0`,
    `update waybill.audit_head set hash = 'x'`,
    `set session_replication_role = replica; delete from waybill.audit`,
  ])('S52 the superuser is refused: %s', async (statement) => {
    await expect(admin.query(statement)).rejects.toMatchObject({ code: '42501' });
    await admin.query('reset session_replication_role');
  });

  it('S52 the chain is made by the database, whatever an insert says', async () => {
    const [before] = (await admin.query<{ count: string; hash: string }>('select count, hash from waybill.audit_head')).rows;
    await admin.query('begin');
    const { rows } = await admin.query<{ id: string; prev_hash: string }>(
      `insert into waybill.audit (id, at, node, actor, action, target, result, digest, prev_hash, hash)
       values (1, now(), 'n', 'a', 'b', '', 'OK', 'd', 'p', 'h') returning id, prev_hash`,
    );
    await admin.query('rollback');
    expect(rows).toEqual([{ id: String(Number(before?.count) + 1), prev_hash: before?.hash }]);
  });

  it('S52 the owner of the tables, who is no superuser, may insert and read and nothing else', async () => {
    const owned = await startAsOwner();
    try {
      const { rows } = await owned.client.query(
        `select privilege_type as may from information_schema.role_table_grants
           where table_schema = 'waybill' and table_name = 'audit' and grantee = current_user order by 1`,
      );
      expect(rows.map(({ may }: { may: string }) => may)).toEqual(['INSERT', 'REFERENCES', 'SELECT', 'TRIGGER']);
      for (const statement of [`update waybill.audit set actor = 'x'`, 'delete from waybill.audit', 'truncate waybill.audit']) {
        await expect(owned.client.query(statement)).rejects.toMatchObject({
          code: '42501',
          message: expect.stringContaining('permission denied') as string,
        });
      }
      expect((await owned.gateway.rest('DELETE', '/api/v1/ops/connections/none')).status).toBe(404);
      await expect.poll(async () => (await owned.client.query('select 1 from waybill.audit')).rowCount).toBe(1);
    } finally {
      await owned.stop();
    }
  });

  it('S52 what could not be recorded is not reported as done', async () => {
    await gateway.rest('POST', '/api/v1/topics/unrecorded.one/messages', { data: 1 });
    await admin.query('begin');
    await admin.query('lock table waybill.audit in share row exclusive mode');
    const { status, body } = await gateway.rest('DELETE', '/api/v1/topics/unrecorded.one');
    await admin.query('rollback');
    expect([status, body.code]).toEqual([504, 'UNKNOWN_OUTCOME']);
    expect(body.message).toContain('audit trail');
    await expect.poll(() => recorded({ target: 'unrecorded.one' })).toEqual([]);
  });

  it('S52 the chain holds from the first record to the head', async () => {
    const head = (await gateway.rest('GET', '/api/v1/ops/audit/head')).body.data as AuditHead;
    const check = new ChainCheck([head]);
    for (const record of await recorded({})) expect(check.add(record)).toBeUndefined();
    expect(check.end()).toBeUndefined();
    expect(head.count).toBeGreaterThan(5);
  });
});

/** A gateway that connects as an ordinary role which owns its database, as a managed Postgres gives one. */
async function startAsOwner(): Promise<{ gateway: TestGateway; client: pg.Client; stop: () => Promise<void> }> {
  const fresh = await freshDatabase();
  const root = new pg.Client({ connectionString: fresh.url });
  await root.connect();
  const url = new URL(fresh.url);
  const role = `owner_${url.pathname.slice(1)}`;
  await root.query(`create role ${role} login password 'owner'`);
  await root.query(`alter database ${url.pathname.slice(1)} owner to ${role}`);
  [url.username, url.password] = [role, 'owner'];
  const owned = await startGateway({ database: { url: url.href, drop: () => Promise.resolve() } });
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  return {
    gateway: owned,
    client,
    stop: async () => {
      await client.end();
      await owned.stop();
      await root.query(`reassign owned by ${role} to current_user`);
      await root.query(`drop owned by ${role}`);
      await root.query(`drop role ${role}`);
      await root.end();
      await fresh.drop();
    },
  };
}
