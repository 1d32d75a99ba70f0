import { DataSource, type Repository } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../test/support/postgres.js';
import { TcpProxy } from '../../../test/support/tcp-proxy.js';
import { testConfig } from '../../../test/support/tokens.js';
import { RecordingTelemetry } from '../../telemetry/recording-telemetry.js';
import { Operators1763730000000 } from '../../storage/migrations/operators.js';
import { operatorPrincipal } from './operator-rights.js';
import { Operator } from './operator.entity.js';
import { OperatorSession } from './operator-session.entity.js';
import { OperatorSessions } from './operator-sessions.js';
import { Operators } from './operators.js';
import { PasswordHasher } from './password-hasher.js';
import { sessionHash } from './session-secret.js';
import { nobodyToNudge } from '../../../test/support/nudges.js';

const HERE = { address: '192.0.2.1', group: '192.0.2.1' };
const ROOT = operatorPrincipal('root', 'admin', Infinity);
const MINUTE_MS = 60_000;

let database: TestDatabase;
let proxy: TcpProxy;
let source: DataSource;
let sessionRows: Repository<OperatorSession>;
let account: Operator;

/** One node's part; several in one test are several nodes on one database. */
function node(env: Readonly<Record<string, string>> = {}) {
  const sessions = new OperatorSessions(sessionRows, new RecordingTelemetry(), testConfig(env), nobodyToNudge());
  return { sessions, operators: new Operators(source.getRepository(Operator), new PasswordHasher(), sessions) };
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'OK',
    (error: unknown) => (error as { code: string }).code,
  );

beforeAll(async () => {
  database = await freshDatabase();
  proxy = await TcpProxy.before(database.url);
  source = new DataSource({
    type: 'postgres',
    url: proxy.through(database.url),
    entities: [Operator, OperatorSession],
    poolErrorHandler: () => undefined,
    extra: { max: 4 },
  });
  await source.initialize();
  await source.query('create schema waybill');
  await source.query('create table waybill.api_key (id uuid primary key)');
  const runner = source.createQueryRunner();
  await new Operators1763730000000().up(runner);
  await runner.release();
  sessionRows = source.getRepository(OperatorSession);
  await node().operators.add({ name: 'root', role: 'admin', password: 'the password of root' }, ROOT);
  account = await node().operators.add({ name: 'ann', role: 'viewer', password: 'the password of ann' }, ROOT);
});
afterAll(async () => {
  await source.destroy();
  await proxy.close();
  await database.drop();
});
beforeEach(async () => {
  await sessionRows.clear();
  vi.useFakeTimers({ toFake: ['Date', 'performance'], now: Date.now() });
});
afterEach(() => {
  vi.useRealTimers();
  proxy.restore();
});

describe('a session', () => {
  it('is stored by its digest alone, and says who it is and for how long', async () => {
    const { sessions } = node();
    const now = Date.now();
    const { secret, view } = await sessions.begin(account, HERE);
    expect(view).toMatchObject({ expiresAt: now + 720 * MINUTE_MS, idleAt: now + 30 * MINUTE_MS });
    expect(view.principal).toMatchObject({ kind: 'operator', id: 'operator:ann', roles: ['viewer'], scopes: ['read', 'ops'] });
    expect(await node().sessions.find(secret)).toEqual(view.principal);
    expect(JSON.stringify(await source.query('select * from waybill.operator_session'))).not.toContain(secret);
  });

  it('ends when it is not used, on every node, and goes on while it is', async () => {
    const [one, two] = [node().sessions, node().sessions];
    const { secret } = await one.begin(account, HERE);
    for (let round = 0; round < 3; round += 1) {
      vi.advanceTimersByTime(25 * MINUTE_MS);
      expect(await codeOf(one.find(secret))).toBe('OK');
    }
    // What the first node saw is stored, after a moment.
    const seen = Date.now();
    await expect
      .poll(async () => (await sessionRows.findOneByOrFail({ hash: sessionHash(secret) })).lastSeenAt.getTime(), { timeout: 10_000 })
      .toBe(seen);
    expect(await codeOf(two.find(secret))).toBe('OK');
    vi.advanceTimersByTime(30 * MINUTE_MS);
    expect([await codeOf(one.find(secret)), await codeOf(two.find(secret))]).toEqual(['UNAUTHENTICATED', 'UNAUTHENTICATED']);
  });

  it('ends at its longest age however much it is used', async () => {
    const { sessions } = node({ WAYBILL_OPERATOR_SESSION_MAX_S: '1800', WAYBILL_OPERATOR_SESSION_IDLE_S: '1790' });
    const { secret } = await sessions.begin(account, HERE);
    vi.advanceTimersByTime(29 * MINUTE_MS);
    expect((await sessions.view(secret)).idleAt).toBe(Date.now() + MINUTE_MS);
    vi.advanceTimersByTime(MINUTE_MS);
    expect(await codeOf(sessions.find(secret))).toBe('UNAUTHENTICATED');
  });

  it('is not prolonged by what a page asks in the background', async () => {
    const { sessions } = node();
    const { secret, view } = await sessions.begin(account, HERE);
    vi.advanceTimersByTime(20 * MINUTE_MS);
    expect(await sessions.find(secret, false)).toEqual(view.principal);
    expect((await sessions.view(secret, false)).idleAt).toBe(view.idleAt);
    vi.advanceTimersByTime(10 * MINUTE_MS);
    expect(await codeOf(sessions.find(secret, false))).toBe('UNAUTHENTICATED');
  });

  it('that is ended on one node ends on others within a second', async () => {
    const [one, two] = [node(), node()];
    const { secret } = await one.sessions.begin(account, HERE);
    expect(await codeOf(two.sessions.find(secret))).toBe('OK');
    await one.operators.change('ann', { role: 'operator' }, ROOT);
    expect(await codeOf(one.sessions.find(secret))).toBe('UNAUTHENTICATED');
    vi.advanceTimersByTime(1_000);
    expect(await codeOf(two.sessions.find(secret))).toBe('UNAUTHENTICATED');
    await one.operators.change('ann', { role: 'viewer' }, ROOT);
  });

  it('goes on for a while without the database, where this node knew it; nobody else comes in', async () => {
    const { sessions } = node();
    const [known, unknown] = [await sessions.begin(account, HERE), await sessions.begin(account, HERE)];
    await sessions.find(known.secret);
    proxy.cut();
    vi.advanceTimersByTime(2_000);
    expect(await codeOf(sessions.find(known.secret))).toBe('OK');
    expect(await codeOf(sessions.find(unknown.secret))).toBe('UNAVAILABLE');
    vi.advanceTimersByTime(15 * MINUTE_MS);
    expect(await codeOf(sessions.find(known.secret))).toBe('UNAVAILABLE');
  });

  it.each(['', 'short', 'A'.repeat(43), `${'A'.repeat(42)}'`, 'A'.repeat(5_000)])('is not %j', async (secret) => {
    expect(await codeOf(node().sessions.find(secret))).toBe('UNAUTHENTICATED');
  });

  it('of an invented secret is not asked for more than a few times at once', async () => {
    const { sessions } = node();
    const codes = await Promise.all(Array.from({ length: 40 }, (_, index) => codeOf(sessions.find(String(index).padStart(43, 'A')))));
    expect(codes.filter((code) => code === 'UNAUTHENTICATED')).toHaveLength(16);
    expect(codes.filter((code) => code === 'UNAVAILABLE')).toHaveLength(24);
  });

  it('is remembered for a month after its end, to know the address again', async () => {
    const { sessions } = node();
    const { secret } = await sessions.begin(account, HERE);
    await sessions.end(secret);
    expect([await sessions.isKnownAt(account.id, HERE), await sessions.isKnownAt(account.id, { address: 'x', group: 'x' })]).toEqual([
      true,
      false,
    ]);
    vi.advanceTimersByTime(31 * 24 * 60 * MINUTE_MS);
    expect(await sessions.isKnownAt(account.id, HERE)).toBe(false);
    await sessions.begin(account, HERE);
    expect(await sessionRows.count()).toBe(1);
  });
});

describe('accounts', () => {
  it('keep an admin who can sign in, also where two nodes take one away at once', async () => {
    const [one, two] = [node().operators, node().operators];
    await one.add({ name: 'other', role: 'admin', password: 'the password of other' }, ROOT);
    for (let round = 0; round < 20; round += 1) {
      const codes = await Promise.all([
        codeOf(one.change('root', { disabled: true }, ROOT)),
        codeOf(two.change('other', { role: 'viewer' }, ROOT)),
      ]);
      expect(codes.toSorted()).toEqual(['CONFLICT', 'OK']);
      await one.change('other', { role: 'admin' }, ROOT);
      await one.change('root', { disabled: false }, ROOT);
    }
    await one.remove('other', ROOT);
    expect(await codeOf(one.remove('root', ROOT))).toBe('CONFLICT');
  });
});
