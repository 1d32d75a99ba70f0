import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LedgerNode, ledgerNode } from '../../../test/support/ledger-node.js';
import { receiptOf } from '../../../test/support/open-receipts.js';
import { freshDatabase, type TestDatabase } from '../../../test/support/postgres.js';

Logger.overrideLogger(false);

const RECEIPTS = `select r.no::int, s.topic, r.user_id as "user", r.after_seq::int as after, r.offered::int, r.handed::int, r.written::int,
    r.acked::int, r.exceptions, r.head::int, r.closed_at is not null as closed
  from waybill.receipt r join waybill.ledger_stream s on s.id = r.stream order by r.run, r.no`;
const POSITIONS = `select s.topic, p.seq::int, cardinality(p.marks) as marks from waybill.ledger_position p join waybill.ledger_stream s on s.id = p.stream order by 1`;

describe('PostgresLedger', () => {
  let fresh: TestDatabase;
  let node: LedgerNode;
  const checkpoint = async (): Promise<void> => {
    const before = node.health.state?.recordedTo ?? 0;
    await expect.poll(() => node.health.state?.recordedTo, { timeout: 5_000 }).toBeGreaterThan(before);
  };

  beforeEach(async () => {
    fresh = await freshDatabase();
    node = await ledgerNode(fresh.url, { WAYBILL_NODE_ID: 'a' });
  });

  afterEach(async () => {
    await node.close();
    await fresh.drop();
  });

  it('gives no row to a receipt while its topic does not move', async () => {
    node.open.open(receiptOf(1));
    await checkpoint();
    await checkpoint();
    expect(await node.rows(RECEIPTS)).toEqual([]);
    node.ledger.closed(node.open.close('room.a', 1));
    await checkpoint();
    expect(await node.rows(RECEIPTS)).toEqual([]);
  });

  it('records an open receipt with the first move of its topic, and then only how far the node has come', async () => {
    node.open.open(receiptOf(1));
    node.open.move('room.a', 3);
    await checkpoint();
    await expect.poll(() => node.rows(RECEIPTS)).toMatchObject([{ no: 1, topic: 'room.a', user: 'user-1', written: null, closed: false }]);
    const [{ xmin }] = (await node.rows('select xmin from waybill.receipt')) as [{ xmin: string }];
    node.open.move('room.a', 9);
    await expect.poll(() => node.rows(POSITIONS)).toEqual([{ topic: 'room.a', seq: 9, marks: 4 }]);
    expect(await node.rows('select xmin from waybill.receipt')).toEqual([{ xmin }]);
  });

  it('records what waits for a slow connection as it is, until nothing does any more', async () => {
    const slow = node.open.open(receiptOf(1));
    slow.hasNews = true;
    slow.held = receiptOf(1, { offered: 5, handed: 3, written: 2, exceptions: [{ from: 1, to: 1, reason: 'slow_consumer' }] });
    node.open.move('room.a', 5);
    await expect
      .poll(() => node.rows(RECEIPTS))
      .toMatchObject([{ offered: 5, handed: 3, written: 2, exceptions: ['1', '1', '0'], closed: false }]);
    slow.held = { ...slow.held, handed: 5, written: 5 };
    await expect.poll(() => node.rows(RECEIPTS)).toMatchObject([{ offered: null, written: null }]);
  });

  it('records what has ended, whether it had a row or not', async () => {
    node.open.open(receiptOf(1));
    node.open.move('room.a', 3);
    await checkpoint();
    node.open.open(receiptOf(2, { after: 3 }));
    node.ledger.closed(node.open.close('room.a', 1, { acked: 2 }));
    node.ledger.closed(node.open.close('room.a', 2, { offered: 5, handed: 5, written: 4, head: 7 }));
    await expect
      .poll(() => node.rows(RECEIPTS))
      .toMatchObject([
        { no: 1, acked: 2, written: 3, head: 3, closed: true },
        { no: 2, after: 3, offered: 5, handed: 5, written: 4, head: 7, closed: true },
      ]);
  });

  it('resolves what comes from history when it is recorded', async () => {
    await node.ledger.recovering(receiptOf(1, { after: 4, recoveredTo: 9, offered: 4, handed: 4, written: 4 }));
    expect(await node.rows(RECEIPTS)).toMatchObject([{ no: 1, after: 4, written: 4, closed: false }]);
    await node.ledger.fetched({ topic: 'room.b', epoch: '1abc', from: 2, to: 5, user: 'user-1', connection: undefined, at: 7 });
    expect(await node.rows('select user_id, connection, from_seq::int, to_seq::int, at::int from waybill.ledger_fetch')).toEqual([
      { user_id: 'user-1', connection: null, from_seq: 2, to_seq: 5, at: 7 },
    ]);
  });

  it('lets those who come from history together wait for one transaction', async () => {
    await checkpoint();
    const calls = (): number => node.storage.telemetry.of('databaseOperation').filter(([operation]) => operation === 'ledger').length;
    const before = calls();
    await Promise.all(Array.from({ length: 500 }, (_, no) => node.ledger.recovering(receiptOf(no + 1))));
    expect(await node.rows('select count(*)::int as n from waybill.receipt')).toEqual([{ n: 500 }]);
    expect(calls() - before).toBeLessThan(10);
  });

  it('records closed connections and refusals, with whatever a peer put into them', async () => {
    const view = {
      id: '01920000-0000-7000-8000-0000000000ff',
      ref: 'ab-cd',
      user: 'alice',
      roles: [],
      state: 'closed',
      address: '10.0.0.1',
      client: 'phone/1.2\u0000',
      node: 'a',
      protocol: 'ws',
      opened_at: 1,
      closed_at: 2,
      age_ms: 1,
      topics: [],
      close: { code: 4000, reason: 'bye\u0000\ud800', initiator: 'client' },
    } as never;
    node.ledger.connectionClosed({ view, events: [{ at: 1, kind: 'closed', detail: '\u0000' }], forgotten: 3 });
    const refusal = { kind: 'subscribe', code: 'PERMISSION_DENIED', rule: undefined, message: 'no\u0000', topic: 'room.x' };
    const once = { ...refusal, connection: undefined, ref: undefined, firstAt: 5, lastAt: 5, count: 1 };
    node.ledger.refused('alice', once);
    node.ledger.refused('alice', { ...once, lastAt: 6, count: 2 });
    await expect
      .poll(() => node.rows('select user_id, code, reason, forgotten, events from waybill.ledger_connection'))
      .toMatchObject([{ user_id: 'alice', code: 4000, forgotten: 3, events: [{ at: 1, kind: 'closed' }] }]);
    node.ledger.refused('alice', { ...once, lastAt: 9, count: 5 });
    await expect
      .poll(() => node.rows('select user_id, last_at::int, count::int from waybill.ledger_refusal'))
      .toEqual([{ user_id: 'alice', last_at: 9, count: 5 }]);
  });

  it('drops one record that the database will never take, and remembers when it was', async () => {
    for (const no of [1, 2, 3, 4, 5]) {
      const connection = no === 3 ? { connection: 'not a uuid' } : {};
      node.ledger.closed(receiptOf(no, { head: 2, openedAt: 100 + no, closedAt: 200 + no, ...connection }));
    }
    await expect
      .poll(() => node.rows('select no::int from waybill.receipt order by 1'))
      .toEqual([{ no: 1 }, { no: 2 }, { no: 4 }, { no: 5 }]);
    await expect.poll(() => node.rows('select gaps from waybill.ledger_run')).toEqual([{ gaps: ['103', '203'] }]);
    expect(node.storage.telemetry.of('ledgerDropped')).toEqual([['closed', 1]]);
  });

  it('reads rows while nothing is recorded', async () => {
    node.ledger.closed(receiptOf(1, { head: 2, closedAt: 5 }));
    const counts = await node.ledger.still(async () => {
      const first = await node.rows('select count(*)::int as n from waybill.receipt');
      node.ledger.closed(receiptOf(2, { head: 2, closedAt: 5 }));
      await new Promise((resolve) => setTimeout(resolve, 100));
      return [first, await node.rows('select count(*)::int as n from waybill.receipt')];
    });
    expect(counts).toEqual([[{ n: 1 }], [{ n: 1 }]]);
    await expect.poll(() => node.rows('select count(*)::int as n from waybill.receipt')).toEqual([{ n: 2 }]);
  });

  it('records a checkpoint of ten thousand receipts', async () => {
    for (let no = 1; no <= 10_000; no += 1) node.open.open(receiptOf(no));
    const startedAt = performance.now();
    node.open.move('room.a', 1);
    await expect.poll(() => node.rows('select count(*)::int as n from waybill.receipt'), { timeout: 15_000 }).toEqual([{ n: 10_000 }]);
    process.stderr.write(`a checkpoint of 10,000 receipts: ${Math.round(performance.now() - startedAt)} ms\n`);
  });
});
