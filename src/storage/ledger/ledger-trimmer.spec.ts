import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LedgerNode, ledgerNode } from '../../../test/support/ledger-node.js';
import { receiptOf } from '../../../test/support/open-receipts.js';
import { freshDatabase, type TestDatabase } from '../../../test/support/postgres.js';
import { Config } from '../../config/config.js';
import { LedgerTrimmer } from './ledger-trimmer.js';

Logger.overrideLogger(false);

const HOUR = 3_600_000;
const config = Config.from(
  { WAYBILL_LEDGER_CONNECTION_AGE_S: '3600' },
  { messaging: { namespaces: { short: { ledger_age_s: 3_600, history_age_s: 3_600 }, kept: { ledger_age_s: 0 } } } },
);

describe('LedgerTrimmer', () => {
  let fresh: TestDatabase;
  let node: LedgerNode;
  let trimmer: LedgerTrimmer;
  const now = Date.now();
  const kept = async (): Promise<readonly unknown[]> =>
    (await node.rows('select no::int from waybill.receipt order by 1')).map(({ no }) => no);

  beforeEach(async () => {
    fresh = await freshDatabase();
    node = await ledgerNode(fresh.url);
    trimmer = new LedgerTrimmer(node.storage.database, config);
  });

  afterEach(async () => {
    await node.close();
    await fresh.drop();
  });

  it('removes receipts and reads of history by the age that their namespace names', async () => {
    const topics = ['short.a', 'kept.a', 'other.a'];
    topics.forEach((topic, place) => {
      for (const [index, age] of [0.5, 2, 24 * 8].entries()) {
        const no = place * 10 + index;
        node.ledger.closed(receiptOf(no, { topic, head: 2, openedAt: 1, closedAt: now - age * HOUR }));
        void node.ledger.fetched({ topic, epoch: '1abc', from: 1, to: 1, user: 'u', connection: undefined, at: now - age * HOUR });
      }
    });
    await expect.poll(kept).toHaveLength(9);
    await trimmer.trim();
    expect(await kept()).toEqual([0, 10, 11, 12, 20, 21]);
    expect(await node.rows('select count(*)::int as n from waybill.ledger_fetch')).toEqual([{ n: 6 }]);
    expect(await trimmer.trim()).toBe(0);
    node.ledger.closed(receiptOf(40, { topic: 'short.a', head: 2, openedAt: 1, closedAt: now - HOUR }));
    await expect.poll(kept).toHaveLength(7);
    await trimmer.trim();
    expect(await kept()).not.toContain(40);
  });

  it('removes what a lost run left open, and later its positions, its streams and itself', async () => {
    node.open.open(receiptOf(1, { topic: 'short.a' }));
    node.open.move('short.a', 2);
    await expect.poll(kept).toEqual([1]);
    await trimmer.trim();
    expect(await kept()).toEqual([1]);
    const old = now - 2 * HOUR;
    await node.rows(`insert into waybill.ledger_run (node, started_at, recorded_to, seen_at, lost_at) values ('gone', 1, 1, 1, ${old})`);
    await node.rows(`update waybill.receipt set run = (select run from waybill.ledger_run where node = 'gone')`);
    await node.rows(`update waybill.ledger_position set at = ${old}, run = (select run from waybill.ledger_run where node = 'gone')`);
    await node.rows('update waybill.ledger_stream set used_at = 1');
    expect(await trimmer.trim()).toBe(3);
    expect(
      await node.rows(`select (select count(*)::int from waybill.receipt) as receipts, (select count(*)::int from waybill.ledger_stream) as streams,
      (select count(*)::int from waybill.ledger_position) as positions`),
    ).toEqual([{ receipts: 0, streams: 0, positions: 0 }]);
  });

  it('removes closed connections and refusals by their own age', async () => {
    const refusal = {
      kind: 'subscribe',
      code: 'X',
      rule: undefined,
      message: 'no',
      topic: undefined,
      connection: undefined,
      ref: undefined,
      count: 1,
    };
    node.ledger.refused('old', { ...refusal, firstAt: 1, lastAt: now - 2 * HOUR });
    node.ledger.refused('new', { ...refusal, firstAt: 1, lastAt: now });
    await expect.poll(() => node.rows('select user_id from waybill.ledger_refusal')).toHaveLength(2);
    expect(await trimmer.trim()).toBe(1);
    expect(await node.rows('select user_id from waybill.ledger_refusal')).toEqual([{ user_id: 'new' }]);
  });
});
