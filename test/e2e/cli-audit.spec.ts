import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { AuditHead, AuditRecord } from '../../src/audit/audit-record.js';
import { CommandLine } from '../support/command-line.js';
import { startGateway, TEST_API_KEY, type TestGateway } from '../support/gateway.js';

const RECORDS = 12;

let gateway: TestGateway;
let directory: string;
let admin: pg.Client;

beforeAll(async () => {
  gateway = await startGateway();
  directory = await mkdtemp(join(tmpdir(), 'waybill-audit-'));
  admin = new pg.Client({ connectionString: gateway.database.url });
  await admin.connect();
  for (let count = 0; count < RECORDS; count += 1) {
    await gateway.rest('POST', '/api/v1/auth/keys', { name: `key-${count}`, scopes: ['read'] });
  }
});
afterEach(() => vi.unstubAllEnvs());
afterAll(async () => {
  await admin.end();
  await gateway.stop();
  await rm(directory, { recursive: true, force: true });
});

function waybill(...argv: readonly string[]): CommandLine {
  return new CommandLine([
    '--url',
    `http://127.0.0.1:${gateway.port}`,
    '--api-key',
    TEST_API_KEY,
    '--data-dir',
    directory,
    'audit',
    ...argv,
  ]);
}

async function headText(): Promise<string> {
  const command = waybill('head');
  await command.exit;
  return command.out.trim();
}

/** As an administrator of the database would who wants to hide something; undone afterwards. */
async function tampered(statements: readonly string[], look: () => Promise<void>): Promise<void> {
  const { rows } = await admin.query<{ record: string }>('select to_jsonb(a)::text as record from waybill.audit a order by id');
  const [head] = (await admin.query<{ count: string; hash: string }>('select count, hash from waybill.audit_head')).rows;
  await admin.query('alter table waybill.audit disable trigger all; alter table waybill.audit_head disable trigger all');
  try {
    for (const statement of statements) await admin.query(statement);
    await look();
  } finally {
    await admin.query('delete from waybill.audit');
    for (const { record } of rows) {
      await admin.query('insert into waybill.audit select * from jsonb_populate_record(null::waybill.audit, $1)', [record]);
    }
    await admin.query('update waybill.audit_head set count = $1, hash = $2', [head?.count, head?.hash]);
    await admin.query('alter table waybill.audit enable trigger all; alter table waybill.audit_head enable trigger all');
  }
}

describe('waybill audit', () => {
  it('list shows who did what to what, the newest first, filtered', async () => {
    const command = waybill('list', '--actor', 'key:bootstrap', '--action', 'key.create', '--limit', '2');
    expect([await command.exit, command.err]).toEqual([0, '']);
    const lines = command.out.trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^ID +TIME +ACTOR +ACTION +TARGET +RESULT +ADDRESS +CHANGE$/);
    expect(lines[1]).toMatch(
      /^12 +20\S+Z +key:bootstrap +key\.create +[0-9a-f-]{36} +OK +127\.0\.0\.1 +- -> \{"name":"key-11","scopes":\["read"\]\}$/,
    );
    const none = waybill('list', '--to', '2020-01-01');
    expect([await none.exit, none.out, none.err]).toEqual([0, '', 'No records.\n']);
    expect(await waybill('list', '--from', 'yesterday').exit).toBe(2);
  });

  it('verify follows the chain through the gateway, through the database and through an export', async () => {
    vi.stubEnv('DATABASE_URL', gateway.database.url);
    const head = await headText();
    expect(head).toMatch(/^12:[0-9a-f]{64}$/);
    for (const argv of [[], ['--database'], ['--head', head], ['--head', head, '--database']]) {
      const command = waybill('verify', ...argv);
      expect([await command.exit, command.out, command.err]).toEqual([0, `The chain holds: 12 records, head ${head}\n`, '']);
    }
    const whole = waybill('export');
    await whole.exit;
    const end = waybill('export', '--after', '10', '--database');
    expect([await end.exit, end.err]).toEqual([0, `Exported up to ${head}\n`]);
    expect(whole.out.endsWith(end.out)).toBe(true);
    expect(end.out.trimEnd().split('\n')).toHaveLength(2);
    const file = join(directory, 'audit.jsonl');
    await writeFile(file, whole.out);
    const offline = waybill('verify', '--file', file, '--head', head, '--json');
    expect((await offline.json()) as AuditHead).toEqual({ count: 12, hash: head.slice(3) });
    const changed = (await readFile(file, 'utf8')).replace('key-4', 'key-5');
    await writeFile(file, changed);
    const broken = waybill('verify', '--file', file);
    expect([await broken.exit, broken.err]).toEqual([1, expect.stringContaining('record 5 was changed')]);
    await writeFile(file, 'hello\n');
    expect(await waybill('verify', '--file', file).exit).toBe(2);
  });

  it.each([
    ['a changed row', [`update waybill.audit set actor = 'operator:nobody' where id = 3`], 'record 3 was changed'],
    ['a changed state', [`update waybill.audit set after = after || '{"scopes":["admin"]}' where id = 3`], 'record 3 was changed'],
    ['a changed time', [`update waybill.audit set at = at - interval '1 ms' where id = 3`], 'record 3 was changed'],
    ['a removed row', ['delete from waybill.audit where id = 7'], 'records 7 to 7 are missing'],
    [
      'rows that changed places',
      [
        'update waybill.audit set id = 99 where id = 4',
        'update waybill.audit set id = 4 where id = 5',
        'update waybill.audit set id = 5 where id = 99',
      ],
      'record 4 does not follow record 3',
    ],
    ['a cut tail', ['delete from waybill.audit where id > 9'], 'ends with record 9, and there were 12 when its head was noted'],
  ])('verify finds %s', async (_what, statements, sentence) => {
    await tampered(statements, async () => {
      const command = waybill('verify');
      expect([await command.exit, command.out, command.err]).toEqual([1, '', expect.stringContaining(sentence)]);
    });
    expect(await waybill('verify').exit).toBe(0);
  });

  it('verify finds a tail that was cut together with its head, by a head that was kept', async () => {
    const head = await headText();
    const cut = [
      'delete from waybill.audit where id > 9',
      'update waybill.audit_head set (count, hash) = (select id, hash from waybill.audit where id = 9)',
    ];
    await tampered(cut, async () => {
      expect(await waybill('verify').exit).toBe(0);
      const command = waybill('verify', '--head', head);
      expect([await command.exit, command.err]).toEqual([1, expect.stringContaining('the tail was cut')]);
    });
    expect(await waybill('verify', '--head', 'twelve').exit).toBe(2);
  });

  it('list --json has the records whole', async () => {
    const page = (await waybill('list', '--json', '--limit', '1').json()) as { items: readonly AuditRecord[] };
    expect(Object.keys(page.items[0] ?? {})).toEqual(expect.arrayContaining(['digest', 'prev_hash', 'hash', 'trace_id', 'after']));
  });
});
