import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenLog, openMessageLog } from '../../../test/conformance/open-message-log.js';
import { LedgerRows } from '../../../test/support/ledger-rows.js';
import { freshDatabase, type TestDatabase } from '../../../test/support/postgres.js';
import { Config } from '../../config/config.js';
import type { FoundReceipt } from '../../messaging/ledger/ledger-reader.js';
import { covers, outcomeOf } from '../../messaging/ledger/outcome.js';
import { type Exception, EXCEPTION_REASONS, type Receipt } from '../../messaging/ledger/receipt.js';
import { PostgresLedgerReader } from './postgres-ledger-reader.js';
import { NOTHING_OPEN, type Unrecorded } from './unrecorded.js';

Logger.overrideLogger(false);

const LONGEST = 12;
const EPOCH = '1abc';
const POSITION = { seq: 7, at: 5_000 };

/** `live`, `lost` and `ended`: runs that have a position; `none`: one that has none. */
type RunKind = 'live' | 'lost' | 'ended' | 'none';

interface Made {
  readonly run: RunKind;
  readonly closed: boolean;
  readonly follows: boolean;
  readonly bounded: boolean;
  readonly openedAt: number;
  readonly places: readonly number[];
  readonly acked: number;
  readonly exceptions: readonly Exception[];
}

const place = fc.nat({ max: LONGEST });
const exceptions = fc
  .uniqueArray(fc.record({ from: fc.integer({ min: 1, max: LONGEST }), reason: fc.constantFrom(...EXCEPTION_REASONS) }), {
    maxLength: 3,
    selector: ({ from }) => from,
  })
  .map((found) => found.map(({ from, reason }) => ({ from, to: from, reason })).toSorted((left, right) => left.from - right.from));

const made: fc.Arbitrary<Made> = fc.record({
  run: fc.constantFrom<RunKind>('live', 'lost', 'ended', 'none'),
  closed: fc.boolean(),
  follows: fc.boolean(),
  bounded: fc.boolean(),
  openedAt: fc.constantFrom(4_999, 5_000, 5_001),
  places: fc.array(place, { minLength: 5, maxLength: 5 }).map((places) => places.toSorted((left, right) => left - right)),
  acked: fc.oneof(fc.constant(0), place),
  exceptions,
});

function receiptOf(topic: string, no: number, { places, openedAt, acked, exceptions: found, closed }: Made): Receipt {
  const [after = 0, written = 0, handed = 0, offered = 0, head = 0] = places;
  return {
    ...{ no, topic, epoch: EPOCH, connection: randomUUID(), user: `u${no}`, openedAt, after, recoveredTo: 0, offered, handed, written },
    ...{ acked, lagged: false, exceptions: found, head, closedAt: closed ? 9_000 : undefined },
  };
}

describe('outcomes that the database counts', () => {
  let database: TestDatabase;
  let open: OpenLog;
  let rows: LedgerRows;
  let reader: PostgresLedgerReader;
  let runs: Readonly<Record<RunKind, number>>;
  let topics = 0;

  beforeAll(async () => {
    database = await freshDatabase();
    const config = Config.from({});
    open = await openMessageLog(database.url, config);
    rows = new LedgerRows(open.dataSource);
    runs = {
      live: await rows.run({ node: 'a', startedAt: 1 }),
      lost: await rows.run({ node: 'b', startedAt: 1, lostAt: 10_000 }),
      ended: await rows.run({ node: 'c', startedAt: 1, endedAt: 10_000 }),
      none: await rows.run({ node: 'd', startedAt: 1, lostAt: 10_000 }),
    };
    const nothing: Unrecorded = {
      ...{ runId: undefined, open: NOTHING_OPEN, closings: () => [], waitingFetches: () => [], droppedTimes: () => [] },
    };
    reader = new PostgresLedgerReader(open.database, config, nothing);
  });
  afterAll(async () => {
    await open.close();
    await database.drop();
  });

  it('are those that outcomeOf judges, for every receipt and message', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(made, { minLength: 1, maxLength: 12 }), async (all) => {
        const topic = `room.p${(topics += 1)}`;
        for (const kind of ['live', 'lost', 'ended'] as const) await rows.position(runs[kind], topic, EPOCH, POSITION.seq, POSITION.at);
        for (const [index, one] of all.entries()) {
          const { run, closed, follows, bounded, places } = one;
          const isBounded = bounded && !closed && run !== 'live';
          await rows.receipt(runs[run], receiptOf(topic, topics * 100 + index, one), {
            follows: follows && !closed,
            ...(isBounded ? { head: places[4] as number } : {}),
          });
        }
        for (let seq = 1; seq <= LONGEST + 1; seq += 1) await agrees(reader, topic, seq);
      }),
      { numRuns: 25 },
    );
  });
});

/** Totals, pages, pages by outcome and the receipts of each user tell the same of one message. */
async function agrees(reader: PostgresLedgerReader, topic: string, seq: number): Promise<void> {
  const at = { topic, epoch: EPOCH, seq };
  const { items } = await reader.covering(at, { limit: 100 });
  expect(items.every(({ receipt }) => covers(receipt, seq))).toBe(true);
  const judged = Map.groupBy(items, ({ receipt, state }: FoundReceipt) => outcomeOf(receipt, state, seq).outcome);
  const totals = await reader.totals(at);
  expect(totals).toEqual(Object.fromEntries(Array.from(judged, ([outcome, found]) => [outcome, found.length])));
  for (const [outcome, found] of judged) {
    const page = await reader.covering(at, { limit: 100, outcome });
    expect(page.items.map(({ receipt }) => receipt.no)).toEqual(found.map(({ receipt }) => receipt.no));
  }
}
