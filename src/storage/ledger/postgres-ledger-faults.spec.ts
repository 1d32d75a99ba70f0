import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LedgerNode, ledgerNode } from '../../../test/support/ledger-node.js';
import { receiptOf } from '../../../test/support/open-receipts.js';
import { freshDatabase, type TestDatabase } from '../../../test/support/postgres.js';
import { TcpProxy } from '../../../test/support/tcp-proxy.js';

Logger.overrideLogger(false);

const RUNS = `select node, ended_at is not null as ended, lost_at is not null as lost from waybill.ledger_run order by run`;
const NUMBERS = 'select no::int from waybill.receipt order by no';

describe('PostgresLedger when something breaks', () => {
  let fresh: TestDatabase;
  const nodes: LedgerNode[] = [];
  const start = async (url = fresh.url, environment: Readonly<Record<string, string>> = {}): Promise<LedgerNode> => {
    const node = await ledgerNode(url, { WAYBILL_NODE_ID: 'a', ...environment });
    nodes.push(node);
    return node;
  };
  const closedOne = (no: number): ReturnType<typeof receiptOf> =>
    receiptOf(no, { head: 3, offered: 3, handed: 3, written: 3, openedAt: Date.now() - 1, closedAt: Date.now() });

  beforeEach(async () => {
    fresh = await freshDatabase();
  });

  afterEach(async () => {
    for (const node of nodes.splice(0)) await node.close();
    await fresh.drop();
  });

  it('ends a run in order with its last records, and takes one that was killed for lost at the next start', async () => {
    const first = await start();
    first.ledger.closed(closedOne(1));
    await first.ledger.close();
    expect(await first.rows(RUNS)).toEqual([{ node: 'a', ended: true, lost: false }]);
    expect(await first.rows(NUMBERS)).toEqual([{ no: 1 }]);
    const second = await start();
    await second.kill();
    nodes.splice(nodes.indexOf(second), 1);
    const third = await start();
    expect(await third.rows(RUNS)).toEqual([
      { node: 'a', ended: true, lost: false },
      { node: 'a', ended: false, lost: true },
      { node: 'a', ended: false, lost: false },
    ]);
  });

  it('takes a run that was killed for lost when its data directory is used again, whatever the node is called now', async () => {
    const first = await start(fresh.url, { WAYBILL_NODE_ID: 'x', WAYBILL_DATA_DIR: '/one-home' });
    await first.rows(`insert into waybill.topic (name, head) values ('room.a', 3)`);
    const [log] = await first.rows(`select generation from waybill.log`);
    first.open.open({ ...receiptOf(7), epoch: log?.['generation'] as string });
    first.open.move('room.a', 2);
    await expect.poll(() => first.rows(NUMBERS)).toEqual([{ no: 7 }]);
    await first.kill();
    nodes.splice(nodes.indexOf(first), 1);
    const second = await start(fresh.url, { WAYBILL_NODE_ID: 'y', WAYBILL_DATA_DIR: '/one-home' });
    await start(fresh.url, { WAYBILL_NODE_ID: 'z', WAYBILL_DATA_DIR: '/another-home' });
    expect(await second.rows(RUNS)).toEqual([
      { node: 'x', ended: false, lost: true },
      { node: 'y', ended: false, lost: false },
      { node: 'z', ended: false, lost: false },
    ]);
    // Nothing that is published from now on was owed to it.
    expect(await second.rows(`select head::int from waybill.receipt`)).toEqual([{ head: 3 }]);
  });

  it('takes a node that is silent for lost, and takes that back when it speaks', async () => {
    const first = await start();
    const second = await start(fresh.url, { WAYBILL_NODE_ID: 'b' });
    await first.rows(`insert into waybill.ledger_run (node, started_at, recorded_to, seen_at) values ('c', 1, 1, 1)`);
    const lost = async (node: string): Promise<unknown> => (await first.rows(RUNS)).find((run) => run['node'] === node)?.['lost'];
    await expect.poll(() => lost('c')).toBe(true);
    await first.rows(`update waybill.ledger_run set lost_at = 1 where node = 'b'`);
    await expect.poll(() => lost('b')).toBe(false);
    expect(second.ledger.runId).toBeDefined();
  });

  it('records half of nothing: a transaction that breaks off is repeated whole', async () => {
    const proxy = await TcpProxy.before(fresh.url);
    const node = await start(proxy.through(fresh.url));
    const watcher = await start(fresh.url, { WAYBILL_NODE_ID: 'watcher' });
    let broken = 0;
    // Behind the receipts, before the commit.
    proxy.when('insert into waybill.ledger_position', 'cut', { seen: () => (broken += 1) });
    for (let no = 1; no <= 1_500; no += 1) node.open.open(receiptOf(no));
    node.open.move('room.a', 4);
    await expect.poll(() => broken, { timeout: 10_000 }).toBe(1);
    const counts = `select (select count(*)::int from waybill.receipt) as receipts, (select count(*)::int from waybill.ledger_position) as positions`;
    const seen = new Set<string>();
    await expect
      .poll(
        async () => {
          const [row] = await watcher.rows(counts);
          seen.add(JSON.stringify(row));
          return row;
        },
        { timeout: 15_000, interval: 5 },
      )
      .toEqual({ receipts: 1_500, positions: 1 });
    for (const state of seen) expect(['{"receipts":0,"positions":0}', '{"receipts":1500,"positions":1}']).toContain(state);
    await proxy.close();
  });

  it('keeps records while the database is away, drops what is beyond the budget, and remembers when that was', async () => {
    const proxy = await TcpProxy.before(fresh.url);
    const node = await start(proxy.through(fresh.url), { WAYBILL_LEDGER_RECORDS: '3' });
    node.open.open(receiptOf(100));
    node.open.move('room.a', 3);
    await expect.poll(() => node.rows(NUMBERS)).toEqual([{ no: 100 }]);
    proxy.cut();
    node.storage.database.circuit.open('pulled out');
    await node.ledger.recovering(receiptOf(200));
    const before = Date.now() - 1;
    for (let no = 1; no <= 5; no += 1) node.ledger.closed(closedOne(no));
    await node.ledger.fetched({ topic: 'room.a', epoch: '1abc', from: 1, to: 1, user: 'u', connection: undefined, at: Date.now() });
    // What has a row is never dropped: without its end the row would be believed.
    node.ledger.closed(node.open.close('room.a', 100));
    expect(node.storage.telemetry.of('ledgerDropped')).toEqual([
      ['closed', 1],
      ['closed', 1],
      ['fetch', 1],
    ]);
    expect(node.health.state).toMatchObject({ waiting: 4 });
    proxy.restore();
    await expect.poll(() => node.rows(NUMBERS).catch(() => []), { timeout: 10_000 }).toEqual([1, 2, 3, 100].map((no) => ({ no })));
    expect(await node.rows('select no::int from waybill.receipt where closed_at is null')).toEqual([]);
    const gaps = async (): Promise<readonly number[]> =>
      (await node.rows('select gaps from waybill.ledger_run')).flatMap((row) => row['gaps'] as string[]).map(Number);
    await expect.poll(async () => (await gaps()).length).toBeGreaterThan(0);
    const [from, to] = [(await gaps())[0] as number, (await gaps()).at(-1) as number];
    expect(from).toBeGreaterThanOrEqual(before - 1);
    expect(to).toBeLessThanOrEqual(Date.now());
    expect(node.health.state).toMatchObject({ waiting: 0 });
    await node.ledger.close();
    await proxy.close();
  });

  it('says nothing of the time that it has not recorded: the mark of the run stands still while the database is away', async () => {
    const proxy = await TcpProxy.before(fresh.url);
    const node = await start(proxy.through(fresh.url));
    const watcher = await start(fresh.url, { WAYBILL_NODE_ID: 'watcher' });
    const recordedTo = async (): Promise<number> =>
      Number((await watcher.rows(`select recorded_to::float8 as at from waybill.ledger_run where node = 'a'`))[0]?.['at']);
    const first = await recordedTo();
    await expect.poll(recordedTo).toBeGreaterThan(first);
    proxy.cut();
    await expect.poll(() => node.storage.database.circuit.state).toBe('open');
    const cutAt = await recordedTo();
    node.ledger.closed(closedOne(1));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await recordedTo()).toBe(cutAt);
    expect(await watcher.rows(NUMBERS)).toEqual([]);
    proxy.restore();
    await expect.poll(() => watcher.rows(NUMBERS), { timeout: 10_000 }).toEqual([{ no: 1 }]);
    await expect.poll(recordedTo).toBeGreaterThan(cutAt);
    await proxy.close();
  });

  it('goes on as a run of its own where its row has gone from the database', async () => {
    const node = await start();
    const former = node.ledger.runId;
    await node.rows('truncate waybill.ledger_run, waybill.ledger_stream, waybill.receipt');
    await expect.poll(() => node.ledger.runId, { timeout: 10_000 }).not.toBe(former);
    node.ledger.closed(closedOne(1));
    await expect.poll(() => node.rows(NUMBERS)).toEqual([{ no: 1 }]);
  });
});
