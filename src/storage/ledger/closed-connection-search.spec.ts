import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenLog, openMessageLog } from '../../../test/conformance/open-message-log.js';
import { LedgerRows } from '../../../test/support/ledger-rows.js';
import { freshDatabase, type TestDatabase } from '../../../test/support/postgres.js';
import { Config } from '../../config/config.js';
import { ClosedConnectionReader } from './closed-connection-reader.js';
import { type ConnectionFilters, scanStatement } from './closed-connection-sql.js';
import { LedgerQuery } from './ledger-query.js';

Logger.overrideLogger(false);

/** More than one page looks at in the table. */
const MANY = 12_000;
/** The connections that are unlike the rest: the first, the last and one between, in the order of closing. */
const RARE = [1, 7_000, MANY];
const SORTS = ['closed_at', '-closed_at', 'opened_at', '-opened_at'] as const;

describe('the search of many closed connections', () => {
  let fresh: TestDatabase;
  let open: OpenLog;
  let reader: ClosedConnectionReader;

  beforeAll(async () => {
    fresh = await freshDatabase();
    open = await openMessageLog(fresh.url, Config.from({ WAYBILL_DB_STATEMENT_TIMEOUT_MS: '60000' }));
    reader = new ClosedConnectionReader(new LedgerQuery(open.database));
    const run = await new LedgerRows(open.dataSource).run({ node: 'n', startedAt: 0 });
    await open.dataSource.query(
      `insert into waybill.ledger_connection (id, run, ref, user_id, address, client, node, opened_at, closed_at, code, reason, view, events, forgotten)
         select id, $1, 'R' || n, 'u', '192.0.2.1', client, node, n, n + 10, code, 'gone',
                jsonb_build_object('id', id, 'ref', 'R' || n, 'user', 'u', 'address', '192.0.2.1', 'client', client, 'node', node, 'state', 'closed',
                                   'opened_at', n, 'closed_at', n + 10, 'bytes_out', n, 'topics', '[]'::jsonb, 'close', jsonb_build_object('code', code, 'reason', 'gone')),
                '[]', 0
           from generate_series(1, $2::int) n
             cross join lateral (select gen_random_uuid() as id, n = any ($3::int[]) as rare) x
             cross join lateral (select case when rare then 'odd' else 'n' end as node, case when rare then 4408 else 1000 end as code,
               case when rare then 'web/9.1' when n % 3 = 0 then 'app/2' when n % 3 = 1 then null else 'web/' || n % 4 end as client) y`,
      [run, MANY, RARE],
    );
    await open.dataSource.query('vacuum analyze waybill.ledger_connection');
  });
  afterAll(async () => {
    await open.close();
    await fresh.drop();
  });

  const query = (sort: string, { code, from, to, reason, ...filters }: ConnectionFilters, limit = 2) => ({
    ...{ state: 'closed' as const, sort, limit, cursor: undefined, filters, code, from, to, reason },
  });
  /** All pages; how many there were. */
  async function pages(sort: string, filters: ConnectionFilters, limit = 2): Promise<readonly [number, readonly number[]]> {
    const found: number[] = [];
    let cursor: string | undefined;
    for (let count = 1; ; count += 1) {
      const { items, next } = await reader.page({ ...query(sort, filters, limit), cursor });
      found.push(...items.map(({ opened_at: at }) => at));
      if (next === undefined) return [count, found];
      cursor = next;
    }
  }

  it.each<[string, ConnectionFilters, number]>([
    ['a version', { client: 'web/9.1' }, 2],
    ['a version that nobody has', { client: 'web/10' }, 1],
    ['a version with more behind it', { client: 'web/9.1/x' }, 1],
    ['a code', { code: 4_408 }, 2],
    ['a code of a client', { code: 4_408, client: 'web' }, 2],
    ['a code of a client that never had it', { code: 4_408, client: 'app' }, 1],
  ])('finds what is rare by an index, however it is sorted: %s', async (_what, filters, count) => {
    const wanted = count === 1 ? [] : RARE;
    for (const sort of [...SORTS, 'bytes_out'])
      expect([sort, await pages(sort, filters)]).toEqual([sort, [count, sort.startsWith('-') ? [...wanted].reverse() : wanted]]);
  });

  it.each<[string, ConnectionFilters]>([
    ['a node', { node: 'odd' }],
    ['a node and a common client', { node: 'odd', client: 'web' }],
  ])('goes on from page to page where no index tells: %s', async (_what, filters) => {
    for (const sort of SORTS) {
      const [count, found] = await pages(sort, filters);
      expect([sort, found]).toEqual([sort, sort.startsWith('-') ? [...RARE].reverse() : RARE]);
      expect(count).toBeLessThan(6);
    }
  });

  it('pages through what is common, each connection once', async () => {
    for (const sort of SORTS) {
      const [, found] = await pages(sort, { client: 'app' }, 700);
      const wanted = Array.from({ length: MANY / 3 - 1 }, (_, n) => 3 * (n + 1));
      expect(found).toEqual(sort.startsWith('-') ? wanted.toReversed() : wanted);
    }
  });

  it('refuses to sort by something else where many match', async () => {
    for (const filters of [{ client: 'app' }, { code: 1_000 }, { node: 'odd' }])
      await expect(reader.page(query('bytes_out', filters))).rejects.toMatchObject({ code: 'BAD_REQUEST', field: 'sort' });
  });

  it.each<[string, ConnectionFilters, string]>([
    ['a name', { client: 'app' }, 'ledger_connection_client'],
    ['a version', { client: 'web/2' }, 'ledger_connection_version'],
    ['a code', { code: 1_000 }, 'ledger_connection_code'],
    ['a code of a client, and a time', { code: 1_000, client: 'nobody', from: 5, to: 9_000 }, 'ledger_connection_code'],
  ])('reads the index alone of those that are passed: %s', async (_what, filters, index) => {
    const { text, values = [] } = scanStatement(filters, { column: 'closed_at', descending: true }, { at: 90_000, id: randomUUID() }, 101);
    const plan = await open.dataSource.query<{ 'QUERY PLAN': string }[]>(`explain ${text}`, [...values]);
    expect(plan.map((line) => line['QUERY PLAN']).join('\n')).toContain(`Index Only Scan Backward using ${index}`);
  });
});
