import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import pg from 'pg';
import type { SettingView } from '../../src/settings/setting-view.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { migratedDatabase } from '../support/migrated-database.js';
import type { TestDatabase } from '../support/postgres.js';
import { TcpProxy } from '../support/tcp-proxy.js';

const PATIENCE_MS = 30_000;
/** What a busy machine may need for a timer and an answer. */
const LATE_MS = 2_000;
const PATH = 'monitoring.traceRate';
const LASTING = 3;
const FOR_A_TIME = 7;

interface Version {
  readonly version: number;
  readonly actor: string;
  readonly comment: string;
}

describe('a setting whose time is over while the database is away', () => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  let gateway: TestGateway;

  beforeAll(async () => {
    database = await migratedDatabase();
    proxy = await TcpProxy.before(database.url);
    gateway = await startGateway({
      env: { WAYBILL_SETTINGS_POLL_MS: '100' },
      database: { url: proxy.through(database.url), drop: () => Promise.resolve() },
    });
    await change({ [PATH]: LASTING });
  }, 120_000);
  afterEach(() => proxy.restore());
  afterAll(async () => {
    await gateway?.stop();
    await proxy?.close();
    await database?.drop();
  });

  async function change(set: object, forSeconds?: number): Promise<{ readonly version: number; readonly until: number }> {
    const { body } = await gateway.rest('PATCH', '/api/v1/ops/settings', {
      set,
      ...(forSeconds === undefined ? {} : { for_s: forSeconds }),
    });
    expect(body).toMatchObject({ code: 'OK' });
    const { version, changes } = body.data as { version: number; changes: readonly { until_after?: number }[] };
    return { version, until: changes[0]?.until_after ?? 0 };
  }

  async function setting(): Promise<SettingView> {
    const { body } = await gateway.rest('GET', '/api/v1/ops/settings');
    return (body.data as { items: SettingView[] }).items.find(({ path }) => path === PATH) as SettingView;
  }

  /** Past the proxy: what stands in the database, whatever the gateway can see of it. */
  async function stored<Row extends pg.QueryResultRow>(text: string, ...values: readonly unknown[]): Promise<readonly Row[]> {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    try {
      return (await client.query<Row>(text, [...values])).rows;
    } finally {
      await client.end();
    }
  }

  const versionsAfter = (version: number) =>
    stored<Version>('select version::int, actor, comment from waybill.settings_version where version > $1 order by version', version);
  const reverts = async () => (await stored(`select 1 from waybill.audit where action = 'settings.revert'`)).length;

  it.each([
    ['refuses connections', () => proxy.cut()],
    ['does not answer', () => proxy.silence()],
  ])('ends all the same where it %s, and is recorded once when it is back', async (_how, takeAway) => {
    const before = await reverts();
    const { version, until } = await change({ [PATH]: FOR_A_TIME }, 2);
    expect(await setting()).toMatchObject({ value: FOR_A_TIME, until });
    takeAway();
    await expect.poll(setting, { timeout: PATIENCE_MS }).toMatchObject({ value: LASTING, source: 'settings' });
    expect(Date.now()).toBeGreaterThanOrEqual(until);
    expect(Date.now()).toBeLessThan(until + LATE_MS);
    expect(await setting()).not.toHaveProperty('until');
    expect(await versionsAfter(version)).toEqual([]);

    proxy.restore();
    await expect.poll(() => versionsAfter(version), { timeout: PATIENCE_MS }).toHaveLength(1);
    expect(await versionsAfter(version)).toEqual([
      { version: version + 1, actor: 'system', comment: expect.stringMatching(/traceRate; recorded by ./) as string },
    ]);
    await expect.poll(reverts, { timeout: PATIENCE_MS }).toBe(before + 1);
    // Nothing of it comes back with what was looked up.
    expect(await setting()).toMatchObject({ value: LASTING, source: 'settings' });
    expect(await setting()).not.toHaveProperty('until');
  });

  it('is recorded once where the answer to the record itself is lost', async () => {
    const before = await reverts();
    const { version } = await change({ [PATH]: FOR_A_TIME }, 1);
    let isCut = false;
    proxy.when('insert into waybill.settings_version', 'cut-at-answer', { seen: () => (isCut = true) });
    await expect.poll(setting, { timeout: PATIENCE_MS }).toMatchObject({ value: LASTING });
    await expect.poll(() => isCut, { timeout: PATIENCE_MS }).toBe(true);
    await expect.poll(() => versionsAfter(version), { timeout: PATIENCE_MS }).toHaveLength(1);
    await expect.poll(reverts, { timeout: PATIENCE_MS }).toBe(before + 1);
    // The next record settles what is left of this one: nothing.
    await change({ [PATH]: FOR_A_TIME }, 1);
    await expect.poll(() => versionsAfter(version), { timeout: PATIENCE_MS }).toHaveLength(3);
    await expect.poll(reverts, { timeout: PATIENCE_MS }).toBe(before + 2);
    // As operators see it, by way of the gateway.
    await expect
      .poll(async () => (await gateway.rest('GET', '/api/v1/ops/settings')).body.data, { timeout: PATIENCE_MS })
      .toMatchObject({ version: version + 3 });
  });
});
