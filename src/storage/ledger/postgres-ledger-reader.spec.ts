import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenLog, openMessageLog } from '../../../test/conformance/open-message-log.js';
import { LedgerRows } from '../../../test/support/ledger-rows.js';
import { HandMadeReceipts } from '../../../test/support/hand-made-receipts.js';
import { freshDatabase, type TestDatabase } from '../../../test/support/postgres.js';
import { Config } from '../../config/config.js';
import type { Receipt } from '../../messaging/ledger/receipt.js';
import { LostReceipts } from './lost-receipts.js';
import { PostgresLedgerReader } from './postgres-ledger-reader.js';
import { Unrecorded } from './unrecorded.js';

Logger.overrideLogger(false);

const EPOCH = '1abc';
const config = Config.from({ WAYBILL_NODE_ID: 'own' });

class Memory extends Unrecorded {
  override runId: number | undefined = undefined;
  override readonly open = new HandMadeReceipts();
  readonly waiting: Receipt[] = [];
  override closings(): readonly Receipt[] {
    return this.waiting;
  }
  override waitingFetches(): readonly never[] {
    return [];
  }
  override droppedTimes(): readonly never[] {
    return [];
  }
}

let no = 0;
function receiptOf(topic: string, values: Partial<Receipt> = {}): Receipt {
  no += 1;
  const after = values.after ?? 0;
  return {
    no,
    topic,
    epoch: EPOCH,
    connection: randomUUID(),
    user: 'alice',
    openedAt: 1_000,
    after,
    recoveredTo: 0,
    offered: 10,
    handed: 10,
    written: 10,
    acked: 0,
    lagged: false,
    exceptions: [],
    head: 10,
    closedAt: 9_000,
    ...values,
  };
}

describe('PostgresLedgerReader', () => {
  let database: TestDatabase;
  let open: OpenLog;
  let rows: LedgerRows;
  let memory: Memory;
  let reader: PostgresLedgerReader;
  let own: number;
  let lost: number;
  let other: number;

  beforeAll(async () => {
    database = await freshDatabase();
    open = await openMessageLog(database.url, config);
    rows = new LedgerRows(open.dataSource);
    lost = await rows.run({ node: 'own', startedAt: 1_000, recordedTo: 5_000, lostAt: 20_000 });
    own = await rows.run({ node: 'own', startedAt: 20_000 });
    other = await rows.run({ node: 'other', startedAt: 1_000 });
    memory = new Memory();
    memory.runId = own;
    reader = new PostgresLedgerReader(open.database, config, memory);
  });
  afterAll(async () => {
    await open.close();
    await database.drop();
  });

  const outcomes = async (topic: string, seq: number) => reader.totals({ topic, epoch: EPOCH, seq });

  it('answers for an open receipt from memory, not from its row', async () => {
    const topic = 'room.memory';
    memory.open.move(topic, EPOCH, 5);
    const live = memory.open.open({ topic, epoch: EPOCH, user: 'alice', connection: randomUUID(), after: 0 });
    await rows.receipt(own, { ...live.look(), closedAt: undefined }, { follows: true });
    expect(await outcomes(topic, 5)).toEqual({ written: 1 });
    expect((await reader.covering({ topic, epoch: EPOCH, seq: 5 }, { limit: 10 })).items).toMatchObject([
      { run: own, state: { kind: 'open' } },
    ]);
    // Closed since, and not yet recorded.
    memory.waiting.push(memory.open.close(live, { written: 4, handed: 4, offered: 5, head: 5 }));
    expect(await outcomes(topic, 5)).toEqual({ not_written: 1 });
    expect(await reader.receiptsOf('alice', { topic, epoch: EPOCH, seq: 5 }, 1)).toMatchObject([{ state: { kind: 'closed' } }]);
    memory.waiting.length = 0;
    // Neither open nor waiting: its end was never recorded, and nobody knows it.
    expect(await outcomes(topic, 5)).toEqual({ unknown: 1 });
    expect(await reader.receiptsOf('alice', { topic, epoch: EPOCH, seq: 5 }, 1)).toMatchObject([{ state: { kind: 'lost', recorded: 0 } }]);
  });

  it('knows a lost receipt up to the position that was taken while it was open', async () => {
    const topic = 'room.lost';
    await rows.position(lost, topic, EPOCH, 6, 5_000);
    const before = receiptOf(topic, { openedAt: 4_000, after: 2, closedAt: undefined });
    const since = receiptOf(topic, { openedAt: 6_000, after: 3, closedAt: undefined, user: 'bob' });
    await rows.receipt(lost, before, { follows: true });
    await rows.receipt(lost, since, { follows: true });
    expect(await outcomes(topic, 6)).toEqual({ written: 1, unknown: 1 });
    expect(await outcomes(topic, 3)).toEqual({ written: 1 });
    expect(await outcomes(topic, 7)).toEqual({ unknown: 2 });
    const [found] = await reader.receiptsOf('alice', { topic, epoch: EPOCH, seq: 6 }, 9);
    expect(found).toMatchObject({ run: lost, node: 'own', state: { kind: 'lost', recorded: 6 }, receipt: { written: 6 } });
  });

  it('takes a receipt of another node that lives for what that node recorded', async () => {
    const topic = 'room.elsewhere';
    await rows.position(other, topic, EPOCH, 6, 5_000, [6, 4_990]);
    await rows.receipt(other, receiptOf(topic, { openedAt: 4_000, closedAt: undefined }), { follows: true });
    const page = await reader.covering({ topic, epoch: EPOCH, seq: 7 }, { limit: 10, outcome: 'unknown' });
    expect(page.items).toMatchObject([{ node: 'other', state: { kind: 'remote', recorded: 6 } }]);
    expect(await reader.progress({ topic, epoch: EPOCH, seq: 7 })).toEqual([
      { run: other, node: 'other', seq: 6, marks: [{ seq: 6, at: 4_990 }] },
    ]);
    expect(await reader.receiptsByRun({ topic, epoch: EPOCH, seq: 7 })).toEqual(new Map([[other, 1]]));
  });

  it('ends a lost receipt where its topic stood when the loss was noticed', async () => {
    const topic = 'room.ended';
    await rows.receipt(lost, receiptOf(topic, { after: 2, closedAt: undefined }), { follows: true, head: 8 });
    expect(await outcomes(topic, 8)).toEqual({ unknown: 1 });
    expect(await outcomes(topic, 9)).toEqual({});
  });

  it('ends the receipts of a run that is surely gone, where the topic of the same epoch stands', async () => {
    const topic = 'room.gone';
    const draft = {
      topic,
      publisher: 'p',
      action: 'a',
      dataText: '1',
      timestamp: 5,
      clientTimestamp: undefined,
      door: 'rest',
      trace: undefined,
    };
    await open.log.append([1, 2, 3].map((id) => ({ ...draft, door: 'rest' as const, msgId: `g${id}` })));
    const { epoch } = (await open.log.ends([topic]))[0] as { epoch: string };
    await rows.receipt(lost, receiptOf(topic, { epoch, after: 1, closedAt: undefined }), { follows: true });
    await rows.receipt(other, receiptOf(topic, { epoch, after: 1, closedAt: undefined }), { follows: true });
    expect(await reader.totals({ topic, epoch, seq: 4 })).toEqual({ unknown: 2 });
    expect(await new LostReceipts(open.database).end()).toBe(1);
    expect(await reader.totals({ topic, epoch, seq: 3 })).toEqual({ unknown: 2 });
    expect(await reader.totals({ topic, epoch, seq: 4 })).toEqual({ unknown: 1 });
    expect(await new LostReceipts(open.database).end()).toBe(0);
  });

  it('reads every question without a row to answer it', async () => {
    const place = { topic: 'room.none', epoch: EPOCH, seq: 1 };
    expect(await reader.covering(place, { limit: 5 })).toEqual({ items: [], next: undefined });
    expect(await reader.totals(place)).toEqual({});
    expect(await reader.progress(place)).toEqual([]);
    expect(await reader.receiptsOf('nobody', place, 5)).toEqual([]);
    expect(await reader.receiptsOfConnection(randomUUID())).toEqual([]);
    expect(await reader.receiptsOfConnection('no uuid')).toEqual([]);
    expect(await reader.fetches(place, { limit: 5 })).toEqual([]);
    expect(await reader.fetches(place, { user: 'nobody', limit: 5 })).toEqual([]);
    expect(await reader.runs(0, 10)).toEqual([]);
    expect(await reader.messagesById('none', 5)).toEqual([]);
    expect(await reader.message(place)).toBeUndefined();
    expect(await reader.closedConnection(randomUUID())).toBeUndefined();
    expect(await reader.closedConnection('no uuid')).toBeUndefined();
    expect(await reader.refusals('nobody', { from: 0, to: 10, limit: 5 })).toEqual([]);
    expect(await reader.knows('nobody')).toBe(false);
    expect(await reader.erasedAt('nobody')).toBeUndefined();
    for (const filters of [{}, { user: 'u' }, { address: 'a' }, { client: 'c/1' }, { ref: 'r' }, { node: 'n' }, { topic: 't' }])
      for (const sort of ['closed_at', '-closed_at', 'opened_at', '-opened_at'])
        expect(
          await reader.closedConnections({ state: 'closed', sort, limit: 5, cursor: undefined, filters, code: 1_000, reason: 'x' }),
        ).toEqual({ items: [], next: undefined });
  });

  it('finds messages by place and by id', async () => {
    const draft = { topic: 'room.m', msgId: 'm1', publisher: 'pub', action: 'a', dataText: '{"a":1}', timestamp: 5, clientTimestamp: 6.5 };
    await open.log.append([{ ...draft, door: 'rest', trace: undefined }]);
    await open.log.append([{ ...draft, topic: 'room.n', door: 'socket', trace: 't' }]);
    const { epoch } = (await open.log.ends(['room.m']))[0] as { epoch: string };
    const stored = await reader.message({ topic: 'room.m', epoch, seq: 1 });
    expect(stored).toMatchObject({ ...draft, epoch, seq: 1, door: 'rest', erased: false });
    expect(Math.abs((stored?.storedAt ?? 0) - Date.now())).toBeLessThan(60_000);
    expect(await reader.message({ topic: 'room.m', epoch: 'other', seq: 1 })).toBeUndefined();
    expect(await reader.message({ topic: 'room.m', epoch, seq: 2 })).toBeUndefined();
    expect((await reader.messagesById('m1', 5)).map(({ topic }) => topic)).toEqual(['room.n', 'room.m']);
    expect(await reader.messagesById('m1', 1)).toHaveLength(1);
    expect((await reader.messagesById('m1', 5, { topic: 'room.m' })).map(({ topic }) => topic)).toEqual(['room.m']);
    expect(await reader.messagesById('m1', 5, { publisher: 'nobody' })).toEqual([]);
  });

  it('says so when the database is away', async () => {
    const fresh = await freshDatabase();
    const apart = await openMessageLog(fresh.url, config);
    const blind = new PostgresLedgerReader(apart.database, config, memory);
    apart.database.circuit.open('pulled out');
    await expect(blind.totals({ topic: 't', epoch: 'e', seq: 1 })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: 'the ledger cannot be read now, because the database does not answer',
    });
    await apart.close();
    await fresh.drop();
  });
});
