import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import pg from 'pg';
import { WebSocket } from 'ws';
import { Log } from '../../src/monitoring/logging/log.js';
import { LogSink } from '../../src/monitoring/logging/log-sink.js';
import type { SettingChange } from '../../src/settings/setting-changes.js';
import type { SettingView } from '../../src/settings/setting-view.js';
import { LiveSettings } from '../../src/config/live-settings.js';
import { type RestAnswer, startGateway, TEST_API_KEY, TEST_JWT_SECRET, type TestGateway } from '../support/gateway.js';
import { freshDatabase, type TestDatabase } from '../support/postgres.js';

interface Result {
  readonly version: number;
  readonly dry_run: boolean;
  readonly changes: readonly SettingChange[];
}

const ENV = { WAYBILL_SETTINGS_POLL_MS: '100', WAYBILL_TRACE_RATE: '0', WAYBILL_TRACE_RATIO: '0' };

let database: TestDatabase;
let gateway: TestGateway;
let other: TestGateway;

beforeAll(async () => {
  database = await freshDatabase();
  gateway = await startGateway({ env: ENV, database });
  other = await startGateway({ env: ENV, database });
});
afterAll(async () => {
  await Promise.all([gateway.stop(), other.stop()]);
  await database.drop();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await change({ version: 0 }, 'POST', 'ops/settings/rollback');
});

async function change(body: object, method = 'PATCH', path = 'ops/settings'): Promise<RestAnswer & { readonly result: Result }> {
  const answer = await gateway.rest(method, `/api/v1/${path}`, body);
  return { ...answer, result: answer.body.data };
}

async function setting(path: string, of = gateway): Promise<SettingView> {
  const { body } = await of.rest('GET', '/api/v1/ops/settings');
  return (body.data as { items: SettingView[] }).items.find((item) => item.path === path) as SettingView;
}

describe('GET ops/settings', () => {
  it('shows every setting with its source, and no secret', async () => {
    const { status, body } = await gateway.rest('GET', '/api/v1/ops/settings');
    expect(status).toBe(200);
    const { items } = body.data as { items: SettingView[] };
    const byPath = new Map(items.map((item) => [item.path, item]));
    expect(byPath.get('gateway.frameBytes')).toMatchObject({
      env: 'WAYBILL_FRAME_BYTES',
      value: 65_536,
      default: 65_536,
      source: 'default',
      live: false,
      unit: 'bytes',
    });
    expect(byPath.get('server.logLevel')).toMatchObject({ value: 'error', default: 'info', source: 'environment', live: true });
    expect(byPath.get('auth.jwtSecret')).toMatchObject({ value: '[secret]', source: 'environment' });
    const text = JSON.stringify(body);
    expect([TEST_API_KEY, TEST_JWT_SECRET, database.url].filter((secret) => text.includes(secret))).toEqual([]);
  });
});

describe('PATCH ops/settings', () => {
  it('is in force at once here, soon on another node, and after a restart', async () => {
    const { status, result } = await change({ set: { 'monitoring.traceRate': 5 }, comment: 'looking for the slow one' });
    expect(status).toBe(200);
    expect(result).toMatchObject({
      dry_run: false,
      changes: [{ path: 'monitoring.traceRate', before: 0, after: 5, source_before: 'environment', source_after: 'settings' }],
    });
    expect(await setting('monitoring.traceRate')).toMatchObject({ value: 5, source: 'settings' });
    await expect.poll(() => setting('monitoring.traceRate', other)).toMatchObject({ value: 5, source: 'settings' });
    const restarted = await startGateway({ env: ENV, database });
    expect(await setting('monitoring.traceRate', restarted)).toMatchObject({ value: 5, source: 'settings' });
    await restarted.stop();
    const back = await change({ set: { 'monitoring.traceRate': null } });
    expect(back.result.changes).toEqual([
      { path: 'monitoring.traceRate', before: 5, after: 0, source_before: 'settings', source_after: 'environment' },
    ]);
    expect(back.result.version).toBe(result.version + 1);
  });

  it('only tells what would change in a dry run, and makes no version of what changes nothing', async () => {
    const before = (await change({ set: { 'server.logLevel': 'fatal' } })).result.version;
    const dry = await change({ set: { 'server.logLevel': 'silent', 'monitoring.traceRatio': '0.5' }, dry_run: true });
    expect(dry.result).toMatchObject({ version: before, dry_run: true });
    expect(dry.result.changes.map(({ path, after }) => [path, after])).toEqual([
      ['monitoring.traceRatio', 0.5],
      ['server.logLevel', 'silent'],
    ]);
    expect(await setting('server.logLevel')).toMatchObject({ value: 'fatal' });
    expect((await change({ set: { 'server.logLevel': 'fatal', 'monitoring.traceRatio': null } })).result).toMatchObject({
      version: before,
      changes: [],
    });
  });

  it('refuses to overwrite what somebody else changed', async () => {
    const { version } = (await change({ set: { 'server.logLevel': 'warn' } })).result;
    expect((await change({ set: { 'server.logLevel': 'fatal' }, expected_version: version })).status).toBe(200);
    const late = await change({ set: { 'server.logLevel': 'silent' }, expected_version: version });
    expect([late.status, late.body.code, late.body.field]).toEqual([409, 'CONFLICT', 'expected_version']);
    expect(await setting('server.logLevel')).toMatchObject({ value: 'fatal' });
  });

  it('loses no change where two nodes are told at the same time', async () => {
    const paths = {
      'server.logLevel': 'fatal',
      'monitoring.traceRatio': 0.25,
      'monitoring.traceRate': 3,
      'monitoring.auditRefusalsPerMinute': 9,
    };
    const answers = await Promise.all(
      Object.entries(paths).map(([path, value], index) =>
        (index % 2 === 0 ? gateway : other).rest('PATCH', '/api/v1/ops/settings', { set: { [path]: value } }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    for (const node of [gateway, other]) {
      for (const [path, value] of Object.entries(paths)) await expect.poll(() => setting(path, node)).toMatchObject({ value });
    }
  });

  it.each([
    [{ set: { 'server.logLevel': 'loud' } }, 'set.server.logLevel', 'must be one of'],
    [{ set: { 'server.port': 1 } }, 'set.server.port', 'is read at the start and not again. Set WAYBILL_PORT'],
    [{ set: { 'server.lgLevel': 'info' } }, 'set.server.lgLevel', 'did you mean server.logLevel'],
    [{ set: [] }, 'set', 'must be an object'],
    [{ set: {}, dryrun: true }, 'dryrun', 'no such member'],
    [{ set: {}, for_s: 0 }, 'for_s', 'must be a whole number of seconds from 1 to 604800'],
    [{ set: {}, for_s: 604_801 }, 'for_s', 'must be a whole number of seconds from 1 to 604800'],
    [{ set: {}, for_s: 1.5 }, 'for_s', 'must be a whole number of seconds from 1 to 604800'],
    [{ set: {}, expected_version: 'one' }, 'expected_version', 'must be the number of a version'],
    [{}, 'set', 'must be an object'],
  ])('refuses %j', async (body, field, sentence) => {
    const answer = await change(body);
    expect([answer.status, answer.body.field]).toEqual([400, field]);
    expect(answer.body.message).toContain(sentence);
  });

  it('takes only an administrator', async () => {
    const made = await gateway.rest('POST', '/api/v1/auth/keys', { name: `ops-${Date.now()}`, scopes: ['ops'] });
    const authorization = `Bearer ${(made.body.data as { key: string }).key}`;
    expect((await gateway.rest('GET', '/api/v1/ops/settings', undefined, { authorization })).status).toBe(200);
    expect((await gateway.rest('PATCH', '/api/v1/ops/settings', { set: {} }, { authorization })).status).toBe(403);
  });
});

describe('a value that was set for a time', () => {
  type Recorded = { readonly actor: string; readonly target: string; readonly before: object; readonly after: object };
  const reverts = async (): Promise<readonly Recorded[]> => {
    const { body } = await gateway.rest('GET', '/api/v1/ops/audit?action=settings.revert&limit=50');
    return (body.data as { items: readonly Recorded[] }).items;
  };
  const newest = async (): Promise<{ readonly version: number; readonly actor: string; readonly comment: string }> => {
    const { body } = await gateway.rest('GET', '/api/v1/ops/settings/versions?limit=1');
    return (body.data as { items: readonly { version: number; actor: string; comment: string }[] }).items[0] as never;
  };

  it('gives way on every node to what stood before, and one of them records it', async () => {
    await change({ set: { 'server.logLevel': 'warn' } });
    const earlier = (await reverts()).length;
    const { result } = await change({ set: { 'server.logLevel': 'fatal' }, for_s: 2, comment: 'a look' });
    const until = result.changes[0]?.until_after as number;
    expect(result.changes).toEqual([
      { path: 'server.logLevel', before: 'warn', after: 'fatal', source_before: 'settings', source_after: 'settings', until_after: until },
    ]);
    expect(Math.abs(until - Date.now() - 2_000)).toBeLessThan(1_500);
    for (const node of [gateway, other]) await expect.poll(() => setting('server.logLevel', node)).toMatchObject({ value: 'fatal', until });
    for (const node of [gateway, other])
      await expect.poll(() => setting('server.logLevel', node), { timeout: 8_000 }).toMatchObject({ value: 'warn', source: 'settings' });
    expect(Date.now()).toBeGreaterThanOrEqual(until);
    expect(await setting('server.logLevel')).not.toHaveProperty('until');
    await expect.poll(async () => (await reverts()).length).toBe(earlier + 1);
    expect(await newest()).toMatchObject({
      version: result.version + 1,
      actor: 'system',
      comment: expect.stringContaining('server.logLevel'),
    });
    expect((await reverts())[0]).toMatchObject({
      actor: 'system',
      target: 'server.logLevel',
      before: { 'server.logLevel': { value: 'fatal', source: 'settings', until } },
      after: { 'server.logLevel': { value: 'warn', source: 'settings' }, version: result.version + 1 },
    });
  });

  it('does not come back where the node starts after its end, and is recorded then', async () => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const insert = (until: number): Promise<unknown> =>
      client.query(
        `insert into waybill.settings_version (version, at, actor, overrides, comment, temporary)
         select max(version) + 1, now(), 'operator:gone', '{}', '', $1::jsonb from waybill.settings_version`,
        [JSON.stringify({ 'monitoring.traceRate': { value: 7, until } })],
      );
    const earlier = (await reverts()).length;
    await insert(Date.now() + 3_600_000);
    const restarted = await startGateway({ env: ENV, database });
    expect(await setting('monitoring.traceRate', restarted)).toMatchObject({ value: 7, source: 'settings' });
    await restarted.stop();
    await insert(Date.now() - 1);
    await client.end();
    const late = await startGateway({ env: ENV, database });
    expect(await setting('monitoring.traceRate', late)).toMatchObject({ value: 0, source: 'environment' });
    await late.stop();
    await expect.poll(async () => (await reverts()).length).toBe(earlier + 1);
  });

  it('stays where it is set again without a time, ends later where it is set again with one, and ends at once when it is unset', async () => {
    await change({ set: { 'monitoring.traceRate': 4 }, for_s: 100 });
    const longer = await change({ set: { 'monitoring.traceRate': 4 }, for_s: 200 });
    expect(longer.result.changes).toHaveLength(1);
    const lasting = await change({ set: { 'monitoring.traceRate': 4 } });
    expect(lasting.result.changes[0]).toMatchObject({ before: 4, after: 4, until_before: longer.result.changes[0]?.until_after });
    expect(await setting('monitoring.traceRate')).not.toHaveProperty('until');
    await change({ set: { 'monitoring.traceRate': 5 }, for_s: 100 });
    await change({ set: { 'monitoring.traceRate': null } });
    expect(await setting('monitoring.traceRate')).toMatchObject({ value: 0, source: 'environment' });
  });

  it('comes back with a version only while its time lasts', async () => {
    const brief = (await change({ set: { 'monitoring.traceRate': 6 }, for_s: 1 })).result.version;
    const long = (await change({ set: { 'monitoring.traceRatio': 0.5 }, for_s: 100 })).result.version;
    await expect.poll(() => setting('monitoring.traceRate'), { timeout: 8_000 }).toMatchObject({ value: 0 });
    await change({ version: 0 }, 'POST', 'ops/settings/rollback');
    expect((await change({ version: brief }, 'POST', 'ops/settings/rollback')).result.changes).toEqual([]);
    const back = await change({ version: long }, 'POST', 'ops/settings/rollback');
    expect(back.result.changes.map(({ path }) => path)).toEqual(['monitoring.traceRatio']);
    expect(await setting('monitoring.traceRatio')).toMatchObject({ value: 0.5, until: expect.any(Number) as number });
  });
});

describe('versions', () => {
  it('tell who changed what and why, and can be returned to', async () => {
    const first = (await change({ set: { 'server.logLevel': 'warn' }, comment: 'first' })).result.version;
    await change({ set: { 'server.logLevel': 'fatal', 'monitoring.traceRate': 2 }, comment: 'second' });
    const { body } = await gateway.rest('GET', '/api/v1/ops/settings/versions?limit=2');
    const page = body.data as { items: readonly object[]; next: string };
    expect(page.items).toEqual([
      expect.objectContaining({ comment: 'second', overrides: { 'server.logLevel': 'fatal', 'monitoring.traceRate': 2 } }),
      {
        version: first,
        at: expect.any(Number) as number,
        actor: 'key:bootstrap',
        comment: 'first',
        overrides: { 'server.logLevel': 'warn' },
        temporary: {},
      },
    ]);
    expect(page.next).toBe(String(first));
    const back = await change({ version: first }, 'POST', 'ops/settings/rollback');
    expect(back.result).toMatchObject({ version: first + 2 });
    expect(back.result.changes.map(({ path, after }) => [path, after])).toEqual([
      ['monitoring.traceRate', 0],
      ['server.logLevel', 'warn'],
    ]);
    const none = await change({ version: 4_000 }, 'POST', 'ops/settings/rollback');
    expect([none.status, none.body.field]).toEqual([404, 'version']);
  });

  it('that another version of the program stored are used as far as they are understood', async () => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query(
      `insert into waybill.settings_version (version, at, actor, overrides, comment)
       select max(version) + 1, now(), 'operator:future', '{"server.logLevel":"fatal","server.unheardOf":1,"monitoring.traceRate":-1}', '' from waybill.settings_version`,
    );
    await client.end();
    await expect.poll(() => setting('server.logLevel')).toMatchObject({ value: 'fatal', source: 'settings' });
    expect(await setting('monitoring.traceRate')).toMatchObject({ value: 0, source: 'environment' });
    const restarted = await startGateway({ env: ENV, database });
    expect(await setting('server.logLevel', restarted)).toMatchObject({ value: 'fatal' });
    await restarted.stop();
    // The next change leaves out what nobody understands.
    expect((await change({ set: { 'monitoring.traceRatio': 0.1 } })).status).toBe(200);
    const { body } = await gateway.rest('GET', '/api/v1/ops/settings/versions?limit=1');
    expect(body.data).toMatchObject({ items: [{ overrides: { 'server.logLevel': 'fatal', 'monitoring.traceRatio': 0.1 } }] });
  });
});

describe('a setting that is changed takes effect at once:', () => {
  const upgrade = (origin: string): Promise<number> =>
    new Promise((resolve) => {
      const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}/ws`, 'waybill.v1', { origin });
      socket.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
      socket.once('open', () => {
        socket.terminate();
        resolve(101);
      });
      socket.on('error', () => undefined);
    });

  it('server.allowedOrigins, at both doors', async () => {
    const origin = 'https://app.example.com';
    const allowed = async (): Promise<string | null> => {
      const answer = await fetch(`http://127.0.0.1:${gateway.port}/api/v1/auth/check`, { headers: { origin } });
      return answer.headers.get('access-control-allow-origin');
    };
    expect([await upgrade(origin), await allowed()]).toEqual([403, null]);
    await change({ set: { 'server.allowedOrigins': [origin] } });
    expect([await upgrade(origin), await allowed()]).toEqual([101, origin]);
    await change({ set: { 'server.allowedOrigins': null } });
    expect([await upgrade(origin), await allowed()]).toEqual([403, null]);
  });

  it('monitoring.traceRatio and monitoring.traceRate', async () => {
    const traces = async (): Promise<number> => {
      const { body } = await gateway.rest('GET', '/api/v1/ops/traces?limit=500');
      return (body.data as { items: readonly unknown[] }).items.length;
    };
    for (const set of [{ 'monitoring.traceRatio': 1 }, { 'monitoring.traceRatio': 0, 'monitoring.traceRate': 1_000 }]) {
      await change({ set: { 'monitoring.traceRatio': 0, 'monitoring.traceRate': 0 } });
      const before = await traces();
      expect(await traces()).toBe(before);
      await change({ set });
      await expect.poll(traces).toBeGreaterThan(before);
    }
  });

  it('server.logLevel', async () => {
    const written = vi.spyOn(gateway.gateway.app.get(LogSink, { strict: false }), 'write').mockReturnValue();
    const log = gateway.gateway.app.get(Log, { strict: false });
    log.info({}, 'not yet');
    await change({ set: { 'server.logLevel': 'info' } });
    log.info({}, 'now');
    await change({ set: { 'server.logLevel': null } });
    log.info({}, 'no more');
    const lines = written.mock.calls.map(([line]) => (JSON.parse(line) as { msg: string }).msg);
    expect(lines).toContain('now');
    expect(lines).not.toContain('not yet');
    expect(lines).not.toContain('no more');
  });

  it('monitoring.auditRefusalsPerMinute', async () => {
    const refused = async (): Promise<number> => {
      await gateway.rest('DELETE', '/api/v1/auth/keys/none', undefined, { authorization: 'Bearer nobody' });
      await new Promise((resolve) => setTimeout(resolve, 100));
      const { body } = await gateway.rest('GET', '/api/v1/ops/audit?actor=anonymous&action=key.revoke');
      return (body.data as { items: readonly unknown[] }).items.length;
    };
    await change({ set: { 'monitoring.auditRefusalsPerMinute': 0 } });
    expect(await refused()).toBe(0);
    await change({ set: { 'monitoring.auditRefusalsPerMinute': 30 } });
    expect(await refused()).toBe(1);
  });

  it('nothing else: what is not marked live is refused, and the settings of the start stay what they were', async () => {
    const settings = gateway.gateway.app.get(LiveSettings, { strict: false });
    expect(settings.current.atStart.server.logLevel).toBe('error');
    expect(settings.current.sourceOf('server.logLevel')).toBe('environment');
  });
});
