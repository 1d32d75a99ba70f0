import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { draftOf } from '../../../test/conformance/message-log.suite.js';
import { type LedgerNode, ledgerNode } from '../../../test/support/ledger-node.js';
import { receiptOf } from '../../../test/support/open-receipts.js';
import { freshDatabase, type TestDatabase } from '../../../test/support/postgres.js';
import { PostgresErasure } from './postgres-erasure.js';

Logger.overrideLogger(false);

const NOTHING = { receipts: 0, fetches: 0, connections: 0, refusals: 0, payloads: 0 };

describe('PostgresErasure', () => {
  let fresh: TestDatabase;
  let node: LedgerNode;
  let erasure: PostgresErasure;
  const users = async (table: string): Promise<readonly unknown[]> =>
    (await node.rows(`select user_id from waybill.${table} order by 1`)).map((row) => row['user_id']);

  beforeEach(async () => {
    fresh = await freshDatabase();
    node = await ledgerNode(fresh.url);
    erasure = new PostgresErasure(node.storage.database);
  });

  afterEach(async () => {
    await node.close();
    await fresh.drop();
  });

  async function recordOf(user: string, no: number): Promise<void> {
    node.ledger.closed(receiptOf(no, { user, head: 4, closedAt: 5 }));
    const refusal = { kind: 'subscribe', code: 'PERMISSION_DENIED', rule: undefined, message: 'no', topic: undefined };
    node.ledger.refused(user, { ...refusal, connection: undefined, ref: undefined, firstAt: no, lastAt: no, count: 1 });
    await node.ledger.fetched({ topic: 'room.a', epoch: '1abc', from: 1, to: 2, user, connection: undefined, at: 3 });
    await expect.poll(async () => (await users('receipt')).includes(user)).toBe(true);
  }

  it('removes what was recorded of a user, of nobody else, and finds nothing the second time', async () => {
    await recordOf('alice', 1);
    await recordOf('bob', 2);
    await erasure.begin('alice');
    expect(await erasure.remove('alice', [])).toEqual({ ...NOTHING, receipts: 1, fetches: 1, refusals: 1 });
    for (const table of ['receipt', 'ledger_fetch', 'ledger_refusal']) expect(await users(table)).toEqual(['bob']);
    expect(await erasure.remove('alice', [])).toEqual(NOTHING);
    const at = await erasure.finish('alice');
    const rows = await node.rows('select user_hash, begun_at::float8 as begun, erased_at::float8 as erased from waybill.ledger_erasure');
    expect(rows).toEqual([
      { user_hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string, begun: expect.any(Number) as number, erased: at },
    ]);
    expect(JSON.stringify(rows)).not.toContain('alice');
  });

  it('keeps out what began before and is recorded after, and takes what begins later', async () => {
    node.open.open(receiptOf(1, { user: 'alice', openedAt: Date.now() - 1_000 }));
    node.open.move('room.a', 3);
    await expect.poll(() => users('receipt')).toEqual(['alice']);
    await erasure.begin('alice');
    await erasure.remove('alice', []);
    node.ledger.closed(node.open.close('room.a', 1));
    node.ledger.closed(receiptOf(2, { user: 'alice', openedAt: Date.now() + 1_000, head: 4, closedAt: Date.now() + 2_000 }));
    await expect.poll(() => node.rows('select no::int from waybill.receipt')).toEqual([{ no: 2 }]);
    expect(await erasure.remove('alice', [])).toEqual(NOTHING);
  });

  it('keeps out what a connection of before does after, and says that nothing is known until then', async () => {
    const ahead = Date.now() + 60_000;
    const begun = await erasure.begin('alice');
    await erasure.finish('alice');
    const late = { user: 'alice', connectedAt: begun, openedAt: begun + 10, head: 4 };
    node.ledger.closed(receiptOf(1, { ...late, closedAt: ahead }));
    node.ledger.closed(receiptOf(2, { ...late, connectedAt: begun + 1, closedAt: ahead + 1 }));
    const fetch = { topic: 'room.a', epoch: '1abc', from: 1, to: 2, user: 'alice', connection: receiptOf(1).connection };
    await node.ledger.fetched({ ...fetch, connectedAt: begun, at: ahead + 2 });
    await node.ledger.fetched({ ...fetch, connectedAt: begun + 1, at: ahead + 3 });
    const refusal = { kind: 'subscribe', code: 'PERMISSION_DENIED', rule: undefined, message: 'no', connection: undefined, ref: undefined };
    const when = { firstAt: begun + 10, lastAt: begun + 10, count: 1 };
    node.ledger.refused('alice', { ...refusal, ...when, topic: 'room.a', connectedAt: begun });
    node.ledger.refused('alice', { ...refusal, ...when, topic: 'room.b', connectedAt: begun + 1 });
    await expect.poll(() => node.rows('select topic from waybill.ledger_refusal')).toEqual([{ topic: 'room.b' }]);
    expect(await node.rows('select no::int from waybill.receipt')).toEqual([{ no: 2 }]);
    expect(await node.rows('select at::float8 as at from waybill.ledger_fetch')).toEqual([{ at: ahead + 3 }]);
    const erased = 'select erased_at::float8 as at from waybill.ledger_erasure';
    expect(await node.rows(erased)).toEqual([{ at: ahead + 2 }]);
    expect(await erasure.finish('alice')).toBe(ahead + 2);
  });

  it('takes what a node whose clock is ahead recorded before', async () => {
    const ahead = Date.now() + 60_000;
    node.ledger.closed(receiptOf(1, { user: 'alice', openedAt: ahead, head: 4, closedAt: ahead + 5 }));
    await expect.poll(() => users('receipt')).toEqual(['alice']);
    expect(await erasure.begin('alice')).toBe(ahead);
    expect(await erasure.remove('alice', [])).toEqual({ ...NOTHING, receipts: 1 });
  });

  it('empties what a connection that left for it published since', async () => {
    const connection = receiptOf(1).connection;
    const draft = { ...draftOf('room.a'), publisher: 'carol' };
    await erasure.begin('carol');
    await new Promise((resolve) => setTimeout(resolve, 5));
    const origin = { address: '10.0.0.1', role: undefined };
    await node.storage.log.append([
      { ...draft, msgId: 'm-old', origin: { ...origin, connection } },
      { ...draft, msgId: 'm-new', origin: { ...origin, connection: receiptOf(2).connection } },
    ]);
    expect(await erasure.remove('carol', [connection])).toEqual({ ...NOTHING, payloads: 1 });
    expect(await node.rows('select msg_id from waybill.message where erased_at is not null')).toEqual([{ msg_id: 'm-old' }]);
  });

  it('is heard of by every node before it says that it recorded anything later', async () => {
    const heard: { readonly until: number | undefined; readonly other: number | undefined; readonly recordedTo: number }[] = [];
    node.ledger.whenErased((erased) => {
      heard.push({ until: erased.until('alice'), other: erased.until('bob'), recordedTo: node.health.state?.recordedTo ?? 0 });
    });
    const begun = await erasure.begin('alice');
    await expect.poll(() => heard.length).toBeGreaterThan(0);
    expect(heard[0]).toEqual({ until: begun, other: undefined, recordedTo: expect.any(Number) as number });
    expect(heard[0]?.recordedTo).toBeLessThanOrEqual(begun);
    // A connection that was authenticating then has a user by the next time.
    const times = heard.length;
    await expect.poll(() => heard.length).toBeGreaterThan(times);
  });

  it('empties what the user published and keeps its place; repeats are still known', async () => {
    const draft = { ...draftOf('room.a'), publisher: 'carol', origin: { connection: undefined, address: '10.0.0.1', role: undefined } };
    await node.storage.log.append([draftOf('room.a'), draft, draftOf('room.b')]);
    await erasure.begin('carol');
    expect(await erasure.remove('carol', [])).toEqual({ ...NOTHING, payloads: 1 });
    const { messages, head } = await node.storage.log.read('room.a', { limit: 10 });
    expect(head).toBe(2);
    expect(messages.map(({ seq, dataText }) => [seq, dataText === 'null'])).toEqual([
      [1, false],
      [2, true],
    ]);
    expect(await node.rows(`select origin, trace, erased_at is not null as marked from waybill.message where publisher = 'carol'`)).toEqual(
      [{ origin: null, trace: null, marked: true }],
    );
    expect(await node.storage.log.append([draft])).toMatchObject([{ kind: 'conflict', position: { seq: 2 } }]);
  });

  it('looks through a partition of many pages', async () => {
    const drafts = Array.from({ length: 200 }, (_, index) => ({
      ...draftOf('room.big'),
      publisher: index % 50 === 0 ? 'carol' : 'bob',
      dataText: JSON.stringify(Array.from({ length: 40 }, () => Math.random().toString(36))),
    }));
    await node.storage.log.append(drafts);
    await erasure.begin('carol');
    expect(await erasure.remove('carol', [])).toMatchObject({ payloads: 4 });
  });

  it('answers that it is not complete where the database is away, and goes on afterwards', async () => {
    await recordOf('alice', 1);
    await erasure.begin('alice');
    node.storage.database.circuit.open('pulled out');
    await expect(erasure.remove('alice', [])).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('repeat it') as string,
    });
    await expect.poll(() => node.storage.database.circuit.state).toBe('closed');
    expect(await erasure.remove('alice', [])).toMatchObject({ receipts: 1 });
  });
});
