import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConnectionView } from '../../src/messaging/gateway-control.js';
import type { FoundReceipt, LedgerReader, MessagePlace } from '../../src/messaging/ledger/ledger-reader.js';
import type { Ledger } from '../../src/messaging/ledger/ledger.js';
import { type Outcome, outcomeOf } from '../../src/messaging/ledger/outcome.js';
import type { Receipt } from '../../src/messaging/ledger/receipt.js';
import type { HandMadeReceipts } from '../support/hand-made-receipts.js';

/** One run of a node. */
export interface LedgerRunUnderTest {
  readonly ledger: Ledger;
  readonly reader: LedgerReader;
  readonly open: HandMadeReceipts;
  /** Resolves when everything that was told is recorded, and how far everything open has come. */
  settle(): Promise<void>;
  end(): Promise<void>;
  /** Nothing more is recorded. */
  kill(): Promise<void>;
}

/** What several nodes share. */
export interface LedgerUnderTest {
  /** Begins a run; an earlier run of the same node that did not end is lost. */
  start(node: string): Promise<LedgerRunUnderTest>;
  close(): Promise<void>;
}

const EPOCH = '1abc';

/** Of a receipt for messages 11 to 20. */
const OUTCOMES: readonly (readonly [what: string, receipt: Partial<Receipt>, seq: number, outcome: Outcome | 'none'])[] = [
  ['before it began', {}, 10, 'none'],
  ['the first', {}, 11, 'acked'],
  ['acknowledged', {}, 12, 'acked'],
  ['written', {}, 13, 'written'],
  ['the last written', {}, 14, 'written'],
  ['given to the socket', {}, 15, 'unconfirmed'],
  ['the last given to the socket', {}, 16, 'unconfirmed'],
  ['offered', {}, 17, 'not_written'],
  ['known of', {}, 20, 'not_written'],
  ['after it closed', {}, 21, 'none'],
  ['dropped', { exceptions: [{ from: 13, to: 13, reason: 'slow_consumer' }] }, 13, 'dropped'],
  ['dropped, and acknowledged since', { exceptions: [{ from: 11, to: 12, reason: 'retention' }] }, 11, 'dropped'],
  [
    'in the second exception',
    {
      exceptions: [
        { from: 11, to: 11, reason: 'lost' },
        { from: 13, to: 19, reason: 'buffer' },
      ],
    },
    19,
    'dropped',
  ],
  [
    'between exceptions',
    {
      exceptions: [
        { from: 11, to: 11, reason: 'lost' },
        { from: 13, to: 19, reason: 'buffer' },
      ],
    },
    12,
    'acked',
  ],
  ['one exception too many', { exceptions: [{ from: 13, to: 20, reason: 'unknown' }] }, 20, 'unknown'],
  ['owed nothing', { head: 10, offered: 10, handed: 10, written: 10, acked: 0 }, 11, 'none'],
];

let topics = 0;
const newTopic = (): string => `room.l${(topics += 1)}`;
let numbers = 1_000;

function closedReceipt(topic: string, values: Partial<Receipt> = {}): Receipt {
  numbers += 1;
  const now = Date.now();
  return {
    no: numbers,
    topic,
    epoch: EPOCH,
    connection: randomUUID(),
    user: 'alice',
    openedAt: now - 1_000,
    after: 10,
    recoveredTo: 0,
    offered: 18,
    handed: 16,
    written: 14,
    acked: 12,
    ackedAt: now - 500,
    lagged: false,
    exceptions: [],
    head: 20,
    closedAt: now,
    ...values,
  };
}

function at(topic: string, seq: number): MessagePlace {
  return { topic, epoch: EPOCH, seq };
}

async function allCovering(reader: LedgerReader, place: MessagePlace, limit: number, outcome?: Outcome): Promise<readonly FoundReceipt[]> {
  const found: FoundReceipt[] = [];
  let cursor: string | undefined;
  do {
    const page = await reader.covering(place, {
      limit,
      ...(cursor === undefined ? {} : { cursor }),
      ...(outcome === undefined ? {} : { outcome }),
    });
    expect(page.items.length).toBeLessThanOrEqual(limit);
    found.push(...page.items);
    cursor = page.next;
  } while (cursor !== undefined);
  return found;
}

/** What every ledger promises, written by one run and read by the same and by others. */
export function describeLedger(name: string, open: () => Promise<LedgerUnderTest>): void {
  describe(`${name} as a ledger`, () => {
    let under: LedgerUnderTest;
    let here: LedgerRunUnderTest;
    let there: LedgerRunUnderTest;

    beforeAll(async () => {
      under = await open();
      here = await under.start('here');
      there = await under.start('there');
    });
    afterAll(async () => {
      await here.end();
      await there.end();
      await under.close();
    });

    const both = async (place: MessagePlace, totals: object): Promise<void> => {
      expect(await here.reader.totals(place)).toEqual(totals);
      expect(await there.reader.totals(place)).toEqual(totals);
    };

    describe('a receipt that has closed', () => {
      it.each(OUTCOMES)('says of a message that is %s', async (_what, values, seq, outcome) => {
        const topic = newTopic();
        const receipt = closedReceipt(topic, values);
        here.ledger.closed(receipt);
        const said = outcome === 'none' ? {} : { [outcome]: 1 };
        // Before it is recorded, and after.
        expect(await here.reader.totals(at(topic, seq))).toEqual(said);
        await here.settle();
        await both(at(topic, seq), said);
        const { items } = await there.reader.covering(at(topic, seq), { limit: 10 });
        expect(items.map((found) => outcomeOf(found.receipt, found.state, seq).outcome)).toEqual(outcome === 'none' ? [] : [outcome]);
        if (outcome !== 'none') expect(items).toMatchObject([{ receipt, node: 'here', state: { kind: 'closed' } }]);
        expect(await there.reader.totals({ topic, epoch: 'other', seq })).toEqual({});
      });
    });

    describe('a receipt that is open', () => {
      it('is answered from memory here, and elsewhere as it was recorded', async () => {
        const topic = newTopic();
        here.open.move(topic, EPOCH, 5);
        const follows = here.open.open({
          topic,
          epoch: EPOCH,
          user: 'alice',
          connection: randomUUID(),
          after: 3,
          openedAt: Date.now() - 100,
        });
        const lags = here.open.open({
          topic,
          epoch: EPOCH,
          user: 'bob',
          connection: randomUUID(),
          after: 0,
          openedAt: Date.now() - 100,
          ...{ offered: 4, handed: 2, written: 2, lagged: true },
        });
        expect(await here.reader.totals(at(topic, 2))).toEqual({ written: 1 });
        expect(await here.reader.totals(at(topic, 4))).toEqual({ written: 1, queued: 1 });
        expect(await here.reader.totals(at(topic, 5))).toEqual({ written: 1, pending: 1 });
        await here.settle();
        expect(await there.reader.totals(at(topic, 2))).toEqual({ written: 1 });
        expect(await there.reader.totals(at(topic, 5))).toEqual({ written: 1, unknown: 1 });
        expect(await there.reader.totals(at(topic, 6))).toEqual({ unknown: 2 });
        const [found] = await there.reader.receiptsOf('alice', at(topic, 5), 1);
        expect(found).toMatchObject({ node: 'here', state: { kind: 'remote', recorded: 5 }, receipt: { written: 5, closedAt: undefined } });
        here.open.move(topic, EPOCH, 6);
        expect(await here.reader.totals(at(topic, 6))).toEqual({ written: 1, pending: 1 });
        here.ledger.closed(here.open.close(follows, { head: 6 }));
        here.ledger.closed(here.open.close(lags, { head: 6, offered: 6, handed: 5, written: 4 }));
        expect(await here.reader.totals(at(topic, 5))).toEqual({ written: 1, unconfirmed: 1 });
        await here.settle();
        await both(at(topic, 5), { written: 1, unconfirmed: 1 });
        await both(at(topic, 6), { written: 1, not_written: 1 });
        await both(at(topic, 7), {});
      });

      it('counts once while what happens to it is recorded', async () => {
        const topic = newTopic();
        here.open.move(topic, EPOCH, 3);
        const receipts = Array.from({ length: 20 }, () =>
          here.open.open({ topic, epoch: EPOCH, user: 'alice', connection: randomUUID(), after: 0, openedAt: Date.now() - 100 }),
        );
        for (const receipt of receipts) {
          const [totals, page] = await Promise.all([here.reader.totals(at(topic, 3)), allCovering(here.reader, at(topic, 3), 7)]);
          expect(totals).toEqual({ written: 20 });
          expect(new Set(page.map(({ receipt: { no } }) => no)).size).toBe(20);
          here.ledger.closed(here.open.close(receipt));
        }
      });

      it('is kept as a start from history, before anything of it leaves', async () => {
        const topic = newTopic();
        await there.ledger.recovering({ ...closedReceipt(topic, { offered: 10, handed: 10, written: 10, acked: 0 }), closedAt: undefined });
        expect(await here.reader.totals(at(topic, 11))).toEqual({ unknown: 1 });
        expect(await here.reader.totals(at(topic, 10))).toEqual({});
      });
    });

    describe('a run that was lost', () => {
      it('says what it had recorded, and nothing beyond', async () => {
        const topic = newTopic();
        const [receipts, later] = [newTopic(), newTopic()];
        let run = await under.start('fragile');
        const openedAt = Date.now() - 100;
        run.open.move(topic, EPOCH, 5);
        run.open.open({
          topic,
          epoch: EPOCH,
          user: 'alice',
          connection: randomUUID(),
          after: 0,
          acked: 2,
          ackedAt: openedAt + 7,
          openedAt,
        });
        run.open.open({ topic, epoch: EPOCH, user: 'bob', connection: randomUUID(), after: 4, openedAt });
        run.ledger.closed(closedReceipt(receipts));
        await run.settle();
        run.open.move(topic, EPOCH, 8);
        run.open.open({ topic: later, epoch: EPOCH, user: 'carol', connection: randomUUID(), after: 0, openedAt });
        await run.kill();
        run = await under.start('fragile');
        for (const reader of [run.reader, here.reader]) {
          expect(await reader.totals(at(topic, 2))).toEqual({ acked: 1 });
          expect(await reader.totals(at(topic, 5))).toEqual({ written: 2 });
          expect(await reader.totals(at(topic, 8))).toEqual({ unknown: 2 });
          expect(await reader.totals(at(receipts, 14))).toEqual({ written: 1 });
          // It had not moved, so there is no row: who says that nobody was there must look at the runs.
          expect(await reader.totals(at(later, 1))).toEqual({});
          const [found] = await reader.receiptsOf('alice', at(topic, 5), 5);
          expect(found?.receipt.ackedAt).toBe(openedAt + 7);
          expect(found).toMatchObject({ state: { kind: 'lost', recorded: 5 } });
          const runs = await reader.runs(openedAt, Date.now() + 60_000);
          const former = runs.filter(({ node }) => node === 'fragile');
          expect(former).toMatchObject([{ endedAt: undefined, lostAt: expect.any(Number) as number }, { lostAt: undefined }]);
          expect(former[0]?.recordedTo).toBeLessThan((former[0]?.lostAt ?? 0) + 1);
        }
        await run.end();
      });
    });

    describe('a run', () => {
      it('is known from its start to its end in order', async () => {
        const before = Date.now() - 1;
        const run = await under.start('passing');
        await run.settle();
        await run.end();
        const [passing] = (await here.reader.runs(before, Date.now() + 60_000)).filter(({ node }) => node === 'passing');
        expect(passing).toMatchObject({ node: 'passing', endedAt: expect.any(Number) as number, lostAt: undefined, gaps: [] });
        expect((await here.reader.runs(0, before - 3_600_000)).filter(({ node }) => node === 'passing')).toEqual([]);
      });

      it('says how far it has come with a topic, and how many it owed a message', async () => {
        const topic = newTopic();
        const stamp = Date.now() - 50;
        for (const run of [here, there]) {
          run.open.move(topic, EPOCH, 4, stamp);
          for (const after of [0, 0, 4])
            run.open.open({ topic, epoch: EPOCH, user: 'u', connection: randomUUID(), after, openedAt: stamp });
          await run.settle();
        }
        here.open.move(topic, EPOCH, 6, stamp + 10);
        const progress = await here.reader.progress(at(topic, 3));
        expect(progress.toSorted((left, right) => (left.node < right.node ? -1 : 1))).toMatchObject([
          {
            node: 'here',
            seq: 6,
            marks: [
              { seq: 4, at: stamp },
              { seq: 6, at: stamp + 10 },
            ],
          },
          { node: 'there', seq: 4, marks: [{ seq: 4, at: stamp }] },
        ]);
        const counts = await here.reader.receiptsByRun(at(topic, 3));
        expect(progress.map(({ run }) => counts?.get(run))).toEqual([2, 2]);
        expect(await here.reader.progress({ topic, epoch: 'other', seq: 3 })).toEqual([]);
      });
    });

    describe('the pages of recipients', () => {
      it('hold each once, in a steady order, of all runs, by outcome', async () => {
        const topic = newTopic();
        for (let index = 0; index < 12; index += 1) {
          const values = { user: `u${index}`, acked: index % 3 === 0 ? 12 : 0 };
          (index % 2 === 0 ? here : there).ledger.closed(closedReceipt(topic, values));
        }
        const live = Array.from({ length: 6 }, (_, index) =>
          here.open.open({
            topic,
            epoch: EPOCH,
            user: `live${index}`,
            connection: randomUUID(),
            after: 10,
            openedAt: Date.now() - 10,
            ...{ no: 90_000 + index },
          }),
        );
        here.open.move(topic, EPOCH, 12);
        await Promise.all([here.settle(), there.settle()]);
        const whole = await here.reader.covering(at(topic, 12), { limit: 100 });
        expect(whole.items).toHaveLength(18);
        expect(whole.next).toBeUndefined();
        const byFives = await allCovering(here.reader, at(topic, 12), 5);
        expect(byFives.map(({ receipt }) => receipt.user)).toEqual(whole.items.map(({ receipt }) => receipt.user));
        expect(await allCovering(here.reader, at(topic, 12), 2, 'acked')).toHaveLength(4);
        expect(await allCovering(here.reader, at(topic, 12), 2, 'written')).toHaveLength(14);
        expect(await here.reader.totals(at(topic, 12))).toEqual({ acked: 4, written: 14 });
        const first = await here.reader.covering(at(topic, 12), { limit: 5 });
        // Ends between two pages: keeps its place.
        for (const receipt of live) here.ledger.closed(here.open.close(receipt));
        await here.settle();
        const users = [...first.items];
        for (let cursor = first.next; cursor !== undefined;) {
          const page = await here.reader.covering(at(topic, 12), { limit: 5, cursor });
          users.push(...page.items);
          cursor = page.next;
        }
        expect(users.map(({ receipt }) => receipt.user)).toEqual(whole.items.map(({ receipt }) => receipt.user));
      });

      it('refuse a cursor that they did not give out', async () => {
        for (const cursor of ['x', Buffer.from('[1]').toString('base64url'), Buffer.from('["a",1]').toString('base64url'), '{}'])
          await expect(here.reader.covering(at('room.x', 1), { limit: 1, cursor })).rejects.toMatchObject({ code: 'BAD_REQUEST' });
      });
    });

    describe('the receipts of somebody', () => {
      it('are the youngest, and all that cover the message', async () => {
        const topic = newTopic();
        const start = Date.now() - 100_000;
        for (let index = 0; index < 6; index += 1)
          here.ledger.closed(
            closedReceipt(topic, { user: 'dora', openedAt: start + index, after: index * 10, head: index * 10 + 10, acked: 0 }),
          );
        here.ledger.closed(closedReceipt(topic, { user: 'dora', openedAt: start + 9, epoch: 'older' }));
        here.ledger.closed(closedReceipt(topic, { user: 'else' }));
        for (const settle of [false, true]) {
          if (settle) await here.settle();
          const found = await here.reader.receiptsOf('dora', at(topic, 15), 2);
          expect(found.map(({ receipt }) => [receipt.epoch, receipt.openedAt - start])).toEqual([
            ['older', 9],
            [EPOCH, 5],
            [EPOCH, 1],
          ]);
        }
        expect(await there.reader.receiptsOf('nobody', at(topic, 15), 2)).toEqual([]);
      });

      it('are those of one connection, by topic', async () => {
        const connection = randomUUID();
        const [one, two, three] = [newTopic(), newTopic(), newTopic()].toSorted();
        for (const topic of [two, one]) here.ledger.closed(closedReceipt(topic as string, { connection }));
        here.open.open({ topic: three as string, epoch: EPOCH, user: 'alice', connection, after: 0 });
        expect((await here.reader.receiptsOfConnection(connection)).map(({ receipt }) => receipt.topic)).toEqual([one, two, three]);
        await here.settle();
        expect((await here.reader.receiptsOfConnection(connection)).map(({ receipt }) => receipt.topic)).toEqual([one, two, three]);
        expect((await there.reader.receiptsOfConnection(connection)).map(({ receipt }) => receipt.topic)).toEqual([one, two]);
      });
    });

    describe('reads of history', () => {
      it('are found by message and by user, oldest first', async () => {
        const topic = newTopic();
        const start = Date.now() - 1_000;
        const read = (user: string, from: number, to: number, offset: number, connection?: string) =>
          here.ledger.fetched({ topic, epoch: EPOCH, from, to, user, connection, at: start + offset });
        const connection = randomUUID();
        await Promise.all([read('alice', 1, 5, 3), read('bob', 3, 3, 1, connection), read('alice', 4, 9, 2), read('alice', 3, 4, 0)]);
        await here.settle();
        const users = async (seq: number, by: { readonly user?: string; readonly limit: number }) =>
          (await there.reader.fetches(at(topic, seq), by)).map((fetch) => [fetch.user, fetch.at - start]);
        expect(await users(3, { limit: 9 })).toEqual([
          ['alice', 0],
          ['bob', 1],
          ['alice', 3],
        ]);
        expect(await users(3, { limit: 2 })).toEqual([
          ['alice', 0],
          ['bob', 1],
        ]);
        expect(await users(4, { user: 'alice', limit: 9 })).toEqual([
          ['alice', 0],
          ['alice', 2],
          ['alice', 3],
        ]);
        expect(await users(10, { limit: 9 })).toEqual([]);
        expect((await here.reader.fetches(at(topic, 3), { user: 'bob', limit: 1 }))[0]?.connection).toBe(connection);
        expect((await here.reader.fetches(at(topic, 9), { limit: 1 }))[0]?.connection).toBeUndefined();
      });
    });

    describe('closed connections', () => {
      const start = Date.now() - 500_000;
      const node = `node-${randomUUID()}`;
      const views: ConnectionView[] = Array.from({ length: 12 }, (_, index) => viewOf(index, start, node));

      beforeAll(async () => {
        for (const view of views)
          here.ledger.connectionClosed({ view, events: [{ at: 5, kind: 'closed', detail: index(view) }], forgotten: 2 });
        await here.settle();
      });

      const search = async (query: Partial<Parameters<LedgerReader['closedConnections']>[0]>): Promise<readonly number[]> => {
        const found: number[] = [];
        let cursor: string | undefined;
        const { filters = {}, ...rest } = query;
        do {
          const page = await there.reader.closedConnections({
            ...{ state: 'closed', sort: 'closed_at', limit: 5, cursor, ...rest },
            filters: { node, ...filters },
          });
          found.push(...page.items.map(index));
          cursor = page.next;
        } while (cursor !== undefined);
        return found;
      };

      it.each([
        ['all', {}, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]],
        ['the youngest first', { sort: '-closed_at' }, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]],
        ['by their begin', { sort: '-opened_at' }, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]],
        ['by user', { filters: { user: 'u1' } }, [1, 4, 7, 10]],
        ['by user, sorted by what was sent', { filters: { user: 'u1' }, sort: '-bytes_out' }, [1, 4, 7, 10]],
        ['by address', { filters: { address: '10.0.0.2' } }, [2, 5, 8, 11]],
        ['by the name of the client', { filters: { client: 'app' } }, [0, 1, 3, 4, 6, 7, 9, 10]],
        ['by the version of the client', { filters: { client: 'app/1.1' } }, [1, 4, 7, 10]],
        ['by part of a name', { filters: { client: 'ap' } }, []],
        ['by ref in any case', { filters: { ref: 'ref00003' } }, [3]],
        ['by topic', { filters: { topic: 'room.b' } }, [1, 3, 5, 7, 9, 11]],
        ['by code', { code: 4_408 }, [0, 4, 8]],
        ['by code and user', { code: 4_408, filters: { user: 'u1' } }, [4]],
        ['by part of the reason', { reason: 'SLOW' }, [0, 4, 8]],
        ['by when they were open', { from: start + 4_500, to: start + 6_000 }, [4, 5, 6]],
        ['by an earliest end', { from: start + 9_999 }, [9, 10, 11]],
        ['by a latest begin', { to: start + 1_000 }, [0, 1]],
      ] as const)('are found: %s', async (_what, query, found) => {
        expect(await search(query)).toEqual(found);
      });

      it('are given one by one with what was recorded of them', async () => {
        const view = views[4] as ConnectionView;
        expect(await there.reader.closedConnection(view.id)).toEqual({
          view,
          events: [{ at: 5, kind: 'closed', detail: 4 }],
          forgotten: 2,
        });
        expect(await there.reader.closedConnection(randomUUID())).toBeUndefined();
      });

      it('are not sorted by what does not exist', async () => {
        await expect(search({ sort: 'shoes', filters: { user: 'u1' } })).rejects.toMatchObject({ code: 'BAD_REQUEST', field: 'sort' });
        await expect(search({ cursor: 'shoes' })).rejects.toMatchObject({ code: 'BAD_REQUEST', field: 'cursor' });
      });
    });

    describe('refusals', () => {
      it('are counted, and found by user, topic and time', async () => {
        const user = `refused-${randomUUID()}`;
        const refusal = (values: object) => ({
          ...{
            kind: 'subscribe',
            code: 'PERMISSION_DENIED',
            rule: 'r',
            message: 'no',
            topic: 'room.a',
            connection: undefined,
            ref: undefined,
          },
          ...{ firstAt: 1_000, lastAt: 1_000, count: 1, ...values },
        });
        here.ledger.refused(user, refusal({}));
        here.ledger.refused(user, refusal({ lastAt: 3_000, count: 4 }));
        await here.settle();
        here.ledger.refused(user, refusal({ lastAt: 5_000, count: 7 }));
        here.ledger.refused(user, refusal({ kind: 'connect', topic: undefined, rule: undefined, firstAt: 4_000, lastAt: 4_000 }));
        here.ledger.refused(user, refusal({ topic: 'room.b', firstAt: 9_000, lastAt: 9_000 }));
        await here.settle();
        const found = async (by: object) =>
          (await there.reader.refusals(user, { from: 0, to: 99_000, limit: 9, ...by })).map(({ topic, count }) => [topic, count]);
        expect(await found({})).toEqual([
          ['room.b', 1],
          ['room.a', 7],
          [undefined, 1],
        ]);
        expect(await found({ topic: 'room.a' })).toEqual([
          ['room.a', 7],
          [undefined, 1],
        ]);
        expect(await found({ limit: 1 })).toEqual([['room.b', 1]]);
        expect(await found({ from: 4_500, to: 8_000 })).toEqual([['room.a', 7]]);
        expect(await there.reader.refusals('nobody', { from: 0, to: 99_000, limit: 9 })).toEqual([]);
      });
    });

    it('knows whom it recorded anything of', async () => {
      const names = ['receipt', 'fetch', 'connection', 'refusal'].map((kind) => `${kind}-${randomUUID()}`);
      const [receipt, fetch, connection, refusal] = names as [string, string, string, string];
      here.ledger.closed(closedReceipt(newTopic(), { user: receipt }));
      await here.ledger.fetched({ topic: newTopic(), epoch: EPOCH, from: 1, to: 1, user: fetch, connection: undefined, at: 1 });
      here.ledger.connectionClosed({ view: { ...viewOf(1, 1, 'n'), id: randomUUID(), user: connection }, events: [], forgotten: 0 });
      const why = {
        kind: 'connect',
        code: 'UNAUTHENTICATED',
        rule: undefined,
        message: '',
        topic: undefined,
        connection: undefined,
        ref: undefined,
      };
      here.ledger.refused(refusal, { ...why, firstAt: 1, lastAt: 1, count: 1 });
      await here.settle();
      for (const user of names) expect(await there.reader.knows(user)).toBe(true);
      expect(await there.reader.knows('nobody')).toBe(false);
      expect(await there.reader.erasedAt('nobody')).toBeUndefined();
    });
  });
}

function index(view: ConnectionView): number {
  return view.frames_in;
}

function viewOf(place: number, start: number, node: string): ConnectionView {
  const slow = place % 4 === 0;
  return {
    id: randomUUID(),
    ref: `REF${String(place).padStart(5, '0')}`,
    user: `u${place % 3}`,
    roles: [],
    state: 'closed',
    address: `10.0.0.${place % 3}`,
    client: place % 3 === 2 ? 'apple/1.1' : `app/1.${place % 3}`,
    node,
    protocol: 'ws',
    opened_at: start + place * 1_000,
    closed_at: start + place * 1_000 + 999,
    age_ms: 999,
    queued_bytes: 0,
    queued_frames: 0,
    queued_ms: 0,
    dropped_messages: 0,
    max_queued_bytes: 0,
    frames_in: place,
    frames_out: 0,
    bytes_in: 0,
    bytes_out: 100 - place,
    topics: ['room.a', ...(place % 2 === 1 ? ['room.b'] : [])],
    close: slow ? { code: 4_408, reason: 'too slow', initiator: 'server' } : { code: 1_000, reason: 'bye', initiator: 'client' },
  };
}
