import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { DataSource, type Repository } from 'typeorm';
import { TcpProxy } from '../../test/support/tcp-proxy.js';
import { freshDatabase, type TestDatabase } from '../../test/support/postgres.js';
import { TEST_API_KEY, testConfig } from '../../test/support/tokens.js';
import { RecordingTelemetry } from '../telemetry/recording-telemetry.js';
import { ApiKey } from './api-key.entity.js';
import { ApiKeyLookup } from './api-key-lookup.js';
import { ApiKeys } from './api-keys.js';
import { apiKeyHash, makeApiKey } from './api-key-secret.js';
import { EVERY_GRANT, type Principal, type Scope, SCOPES } from './principal.js';
import { Secrets } from './secrets.js';
import { nobodyToNudge } from '../../test/support/nudges.js';

let database: TestDatabase;
let proxy: TcpProxy;
let source: DataSource;
let repository: Repository<ApiKey>;

/** One node's part; several in one test are several nodes on one database. */
async function node(apiKey = TEST_API_KEY) {
  const secrets = new Secrets(testConfig({ WAYBILL_API_KEY: apiKey }));
  const telemetry = new RecordingTelemetry();
  const lookup = new ApiKeyLookup(repository, telemetry, secrets, nobodyToNudge());
  const keys = new ApiKeys(repository, lookup, secrets);
  await keys.enterFirst();
  return { lookup, keys, questions: () => telemetry.of('databaseOperation').length };
}

function caller(...scopes: readonly Scope[]): Principal {
  return { kind: 'api_key', id: 'key:caller', roles: [], grants: EVERY_GRANT, scopes, expiresAt: undefined, tokenId: undefined };
}

const anybody = caller(...SCOPES);

beforeAll(async () => {
  database = await freshDatabase();
  proxy = await TcpProxy.before(database.url);
  source = new DataSource({
    type: 'postgres',
    url: proxy.through(database.url),
    entities: [ApiKey],
    poolErrorHandler: () => undefined,
    extra: { max: 4 },
  });
  await source.initialize();
  await source.query('create schema waybill');
  await source.query(`create table waybill.api_key (id uuid primary key, name text not null, hash char(64) not null unique,
    scopes text[] not null default '{}', created_at timestamptz not null default now(), revoked_at timestamptz, last_used_at timestamptz,
    expires_at timestamptz, previous_hash char(64) unique, previous_until timestamptz, last_used_from text)`);
  repository = source.getRepository(ApiKey);
});
afterAll(async () => {
  await source.destroy();
  await proxy.close();
  await database.drop();
});
beforeEach(async () => {
  await repository.clear();
  vi.useFakeTimers({ toFake: ['Date', 'performance'], now: Date.now() });
});
afterEach(() => {
  vi.useRealTimers();
  proxy.restore();
});

describe('the first key', () => {
  it('has every scope', async () => {
    const { lookup } = await node();
    expect(await lookup.find(TEST_API_KEY)).toMatchObject({ kind: 'api_key', id: 'key:bootstrap', scopes: SCOPES });
  });

  it('is entered once, however often nodes start, also at once', async () => {
    await Promise.all([node(), node(), node()]);
    expect(await repository.find()).toHaveLength(1);
  });

  it.each([
    ['chosen by hand', 'the-first-key-of-all', 'the-second-key-of-all'],
    ['made by the program', makeApiKey(), makeApiKey()],
  ])('%s retires when the settings name another, and works again when they name it again', async (_name, first, second) => {
    await node(first);
    const later = await node(second);
    await expect(later.lookup.find(first)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect((await later.lookup.find(second)).id).toBe('key:bootstrap');
    expect((await (await node(first)).lookup.find(first)).id).toBe('key:bootstrap');
  });

  it('stays revoked over a restart', async () => {
    const { keys } = await node();
    const row = await repository.findOneByOrFail({ hash: apiKeyHash(TEST_API_KEY) });
    await keys.revoke(row.id);
    await expect((await node()).lookup.find(TEST_API_KEY)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});

describe('a made key', () => {
  it('is known by its secret, and stored as a digest only', async () => {
    const { keys, lookup } = await node();
    const { key, record } = await keys.create({ name: 'shop', scopes: ['publish', 'read'] }, anybody);
    expect(await lookup.find(key)).toEqual({ ...anybody, id: 'key:shop', scopes: ['publish', 'read'] });
    const stored = await repository.findOneByOrFail({ id: record.id });
    expect(stored.hash).toBe(apiKeyHash(key));
    expect(JSON.stringify(stored)).not.toContain(key);
  });

  it.each([
    ['nothing', ''],
    ['the prefix alone', 'wbk_'],
    ['one that nobody made', 'wbk_'.padEnd(47, 'A')],
    ['the first key in capitals', TEST_API_KEY.toUpperCase()],
    ['the first key and a space', `${TEST_API_KEY} `],
    ['a statement in SQL', "' or 1=1 --"],
    ['ten thousand characters', 'x'.repeat(10_000)],
  ])('is not %s', async (_name, key) => {
    const { lookup, keys } = await node();
    await keys.create({ name: 'shop', scopes: ['publish'] }, anybody);
    const refused: unknown = await lookup.find(key).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'UNAUTHENTICATED' });
    if (key.length > 5) expect((refused as Error).message).not.toContain(key);
  });

  it('has no scope that its maker lacks', async () => {
    const { keys } = await node();
    await expect(keys.create({ name: 'shop', scopes: ['ops', 'publish'] }, caller('ops'))).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
      rule: 'scope.publish',
    });
    expect(await repository.countBy({ name: 'shop' })).toBe(0);
  });

  it('shares its name with no other key in use, even when both are made at once', async () => {
    const { keys } = await node();
    const made = await Promise.allSettled(Array.from({ length: 4 }, () => keys.create({ name: 'shop', scopes: ['read'] }, anybody)));
    expect(made.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected', 'rejected']);
    expect(made.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'BAD_REQUEST', field: 'name' } });
    const [shop] = await repository.findBy({ name: 'shop' });
    await keys.revoke(shop?.id ?? '');
    await expect(keys.create({ name: 'shop', scopes: ['read'] }, anybody)).resolves.toBeDefined();
  });

  it('is listed newest first, and stays listed when revoked', async () => {
    const { keys } = await node();
    for (const name of ['one', 'two', 'three']) {
      vi.advanceTimersByTime(1_000);
      await keys.create({ name, scopes: ['read'] }, anybody);
    }
    const [newest] = await keys.list();
    await keys.revoke(newest?.id ?? '');
    const listed = await keys.list();
    expect(listed.map(({ name, revokedAt }) => [name, revokedAt !== null])).toEqual([
      ['three', true],
      ['two', false],
      ['one', false],
      ['bootstrap', false],
    ]);
  });

  it('is marked as used, about once a minute', async () => {
    const { keys, lookup } = await node();
    const { key, record } = await keys.create({ name: 'shop', scopes: ['read'] }, anybody);
    const marks: (number | undefined)[] = [];
    for (let round = 0; round < 4; round += 1) {
      const noted = vi.spyOn(repository, 'update');
      await lookup.find(key, '192.0.2.7');
      await Promise.all(noted.mock.results.map(({ value }) => value as Promise<unknown>));
      marks.push((await repository.findOneByOrFail({ id: record.id })).lastUsedAt?.getTime());
      vi.advanceTimersByTime(31_000);
    }
    const first = marks[0] ?? 0;
    expect(marks).toEqual([first, first, first + 62_000, first + 62_000]);
    expect((await repository.findOneByOrFail({ id: record.id })).lastUsedFrom).toBe('192.0.2.7');
  });
});

describe('revoking', () => {
  it('works at once on this node and within half a minute on others', async () => {
    const [here, there] = [await node(), await node()];
    const { key, record } = await here.keys.create({ name: 'shop', scopes: ['read'] }, anybody);
    await here.lookup.find(key);
    await there.lookup.find(key);
    expect(await here.keys.revoke(record.id)).toBe(true);
    await expect(here.lookup.find(key)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect((await there.lookup.find(key)).id).toBe('key:shop');
    vi.advanceTimersByTime(30_000);
    await expect(there.lookup.find(key)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('may be repeated, and says where there is nothing to revoke', async () => {
    const { keys } = await node();
    const { record } = await keys.create({ name: 'shop', scopes: ['read'] }, anybody);
    await keys.revoke(record.id);
    const { revokedAt } = await repository.findOneByOrFail({ id: record.id });
    vi.advanceTimersByTime(5_000);
    expect(await keys.revoke(record.id)).toBe(true);
    expect((await repository.findOneByOrFail({ id: record.id })).revokedAt).toEqual(revokedAt);
    expect(await keys.revoke('00000000-0000-4000-8000-000000000000')).toBe(false);
  });

  it('is not undone by an answer that was under way', async () => {
    const { keys, lookup } = await node();
    const { key, record } = await keys.create({ name: 'shop', scopes: ['read'] }, anybody);
    const earlier = lookup.find(key);
    lookup.forget(record.hash);
    await repository.update({ id: record.id }, { revokedAt: new Date() });
    await earlier.catch(() => undefined);
    await expect(lookup.find(key)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});

describe('rotating', () => {
  const HOUR_S = 3_600;
  const HOUR_MS = 3_600_000;
  const codeOf = (found: Promise<unknown>): Promise<string> =>
    found.then(
      () => 'OK',
      (error: unknown) => (error as { code: string }).code,
    );

  it('has both secrets good for the overlap, as the same key, on every node, and then the new one alone', async () => {
    const [here, there] = [await node(), await node()];
    const { key: first, record } = await here.keys.create({ name: 'shop', scopes: ['read'] }, anybody);
    await here.lookup.find(first);
    await there.lookup.find(first);
    const { key: second, record: rotated } = (await here.keys.rotate(record.id, HOUR_S, anybody)) ?? { key: '', record };
    expect([rotated.id, rotated.previousUntil?.getTime()]).toEqual([record.id, Date.now() + HOUR_MS]);
    for (const { lookup } of [here, there]) for (const key of [first, second]) expect((await lookup.find(key)).id).toBe('key:shop');
    vi.advanceTimersByTime(HOUR_MS - 1_000);
    for (const { lookup } of [here, there])
      expect([await codeOf(lookup.find(first)), await codeOf(lookup.find(second))]).toEqual(['OK', 'OK']);
    // Nobody who asked within the last half minute is believed for longer than the overlap.
    vi.advanceTimersByTime(1_000);
    for (const { lookup } of [here, there])
      expect([await codeOf(lookup.find(first)), await codeOf(lookup.find(second))]).toEqual(['UNAUTHENTICATED', 'OK']);
  });

  it('ends the overlap without the database too', async () => {
    const { keys, lookup } = await node();
    const { key, record } = await keys.create({ name: 'shop', scopes: ['read'] }, anybody);
    await lookup.find(key);
    await keys.rotate(record.id, 60, anybody);
    proxy.cut();
    expect(await codeOf(lookup.find(key))).toBe('OK');
    vi.advanceTimersByTime(60_000);
    expect(await codeOf(lookup.find(key))).toBe('UNAVAILABLE');
  });

  it('without overlap, twice in a row, and revoking end the secrets before at once', async () => {
    const { keys, lookup } = await node();
    const { key: first, record } = await keys.create({ name: 'shop', scopes: ['read'] }, anybody);
    const secrets = [first];
    for (const overlap of [0, HOUR_S, HOUR_S]) secrets.push((await keys.rotate(record.id, overlap, anybody))?.key ?? '');
    const codes = (): Promise<string[]> => Promise.all(secrets.map((key) => codeOf(lookup.find(key))));
    expect(await codes()).toEqual(['UNAUTHENTICATED', 'UNAUTHENTICATED', 'OK', 'OK']);
    await keys.revoke(record.id);
    expect(new Set(await codes())).toEqual(new Set(['UNAUTHENTICATED']));
  });

  it('hands on no scope that one lacks, and is not for keys that are gone or come from the settings', async () => {
    const { keys } = await node();
    const { record } = await keys.create({ name: 'shop', scopes: ['read', 'publish'] }, anybody);
    const { record: brief } = await keys.create({ name: 'brief', scopes: ['read'], expiresAt: Date.now() + 1_000 }, anybody);
    await expect(keys.rotate(record.id, 0, caller('read', 'admin'))).rejects.toMatchObject({ rule: 'scope.publish' });
    const bootstrap = (await keys.list()).find(({ name }) => name === 'bootstrap');
    await expect(keys.rotate(bootstrap?.id ?? '', 0, anybody)).rejects.toThrow('WAYBILL_API_KEY');
    vi.advanceTimersByTime(1_000);
    await expect(keys.rotate(brief.id, 0, anybody)).rejects.toThrow('has expired');
    await keys.revoke(record.id);
    expect(await keys.rotate(record.id, 0, anybody)).toBeUndefined();
  });
});

describe('a key with an end', () => {
  it('is refused from then on, though it was asked for a moment before', async () => {
    const { keys, lookup } = await node();
    const { key } = await keys.create({ name: 'brief', scopes: ['read'], expiresAt: Date.now() + 10_000 }, anybody);
    expect((await lookup.find(key)).expiresAt).toBe(Date.now() + 10_000);
    vi.advanceTimersByTime(9_999);
    await lookup.find(key);
    vi.advanceTimersByTime(1);
    await expect(lookup.find(key)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});

describe('a database of an earlier release', () => {
  it('has the first key gain the scopes that are new, and no other key', async () => {
    const { keys } = await node();
    const { record } = await keys.create({ name: 'shop', scopes: ['read', 'ops'] }, anybody);
    await repository.update({ name: 'bootstrap' }, { scopes: ['publish', 'read', 'tokens', 'ops'] });
    const { lookup } = await node();
    vi.advanceTimersByTime(31_000);
    expect((await lookup.find(TEST_API_KEY)).scopes).toEqual(SCOPES);
    expect((await repository.findOneByOrFail({ id: record.id })).scopes).toEqual(['read', 'ops']);
  });
});

describe('questions to the database', () => {
  it('are few: one for many requests, then one each half minute', async () => {
    const { keys, lookup, questions } = await node();
    const { key } = await keys.create({ name: 'shop', scopes: ['read'] }, anybody);
    await Promise.all(Array.from({ length: 50 }, () => lookup.find(key)));
    for (let index = 0; index < 50; index += 1) await lookup.find(key);
    expect(questions()).toBe(1);
    vi.advanceTimersByTime(30_000);
    await lookup.find(key);
    expect(questions()).toBe(2);
  });

  it('are not asked for what cannot be a key, and seldom for one that is not known', async () => {
    const { lookup, questions } = await node();
    for (let index = 0; index < 20; index += 1) await lookup.find('no-such-key').catch(() => undefined);
    expect(questions()).toBe(0);
    const unknown = `wbk_${'A'.repeat(43)}`;
    for (let index = 0; index < 20; index += 1) await lookup.find(unknown).catch(() => undefined);
    expect(questions()).toBe(1);
    vi.advanceTimersByTime(5_000);
    await lookup.find(unknown).catch(() => undefined);
    expect(questions()).toBe(2);
  });

  it('are bounded when keys are invented', async () => {
    const { lookup, questions } = await node();
    const invented = Array.from({ length: 500 }, (_, index) => `wbk_${String(index).padStart(43, '0')}`);
    const refused = await Promise.all(
      invented.map((key) =>
        lookup.find(key).then(
          () => 'OK',
          (error: { code: string }) => error.code,
        ),
      ),
    );
    expect(questions()).toBe(64);
    expect(new Set(refused)).toEqual(new Set(['UNAUTHENTICATED', 'UNAVAILABLE']));
  });
});

describe('without a database', () => {
  it('known keys and the first key work, others are not told that they are wrong', async () => {
    const { keys, lookup } = await node();
    const { key } = await keys.create({ name: 'shop', scopes: ['read'] }, anybody);
    const { key: unseen } = await keys.create({ name: 'unseen', scopes: ['read'] }, anybody);
    await lookup.find(key);
    vi.advanceTimersByTime(31_000);
    proxy.cut();
    expect((await lookup.find(key)).id).toBe('key:shop');
    expect((await lookup.find(TEST_API_KEY)).id).toBe('key:bootstrap');
    await expect(lookup.find(unseen)).rejects.toMatchObject({ code: 'UNAVAILABLE', retryAfterMs: 1_000 });
    await expect(keys.create({ name: 'new', scopes: ['read'] }, anybody)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(keys.list()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    vi.advanceTimersByTime(900_000);
    await expect(lookup.find(key)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect((await lookup.find(TEST_API_KEY)).id).toBe('key:bootstrap');
    proxy.restore();
    expect((await lookup.find(key)).id).toBe('key:shop');
  });

  it('that hangs instead of failing, known keys wait half a second at most', async () => {
    const { keys, lookup } = await node();
    const { key } = await keys.create({ name: 'shop', scopes: ['read'] }, anybody);
    await lookup.find(key);
    vi.advanceTimersByTime(31_000);
    proxy.silence();
    // The first question finds its connection broken; the next one needs a new connection, which hangs.
    await lookup.find(key);
    vi.advanceTimersByTime(5_000);
    const began = process.hrtime.bigint();
    const found = await Promise.all(Array.from({ length: 20 }, () => lookup.find(key)));
    const waitedMs = Number(process.hrtime.bigint() - began) / 1e6;
    expect(found.map(({ id }) => id)).toEqual(Array.from({ length: 20 }, () => 'key:shop'));
    expect(waitedMs).toBeGreaterThan(400);
    expect(waitedMs).toBeLessThan(10_000);
  });
});
