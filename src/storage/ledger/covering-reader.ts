import type { FoundReceipt, MessagePlace, ReceiptPage } from '../../messaging/ledger/ledger-reader.js';
import { type Outcome, outcomeOf } from '../../messaging/ledger/outcome.js';
import { compareReceipts, receiptCursor, receiptPlaceOf, type ReceiptPlace } from '../../messaging/ledger/receipt-cursor.js';
import { int8Array } from '../array-parameter.js';
import type { Row } from '../database.js';
import { HeldReceipts } from './held-receipts.js';
import type { LedgerQuery } from './ledger-query.js';
import { foundOf } from './receipt-row.js';
import {
  COVERING_IN_ORDER,
  ITS_POSITION_IN_ORDER,
  ITS_POSITION_IN_STREAM,
  ITS_RUN,
  ITS_RUN_IN_ORDER,
  NOT_IN_MEMORY,
  OUTCOME,
  RECEIPT_COLUMNS,
  STREAM,
} from './receipt-sql.js';

/** So many receipts are taken out of the index of spans and sorted; where more cover the message, they are met soon in their order. */
const FEW = 2_000;
/** Receipts that one page looks at in their order. */
const MOST_LOOKED_AT = 20_000;

const AFTER_CURSOR = '(r.run, r.no) > ($7::int, $8::bigint)';
const WANTED = `($9::text is null or ${OUTCOME} = $9)`;

/** One row at least: the first column says how many cover it. */
const SOME = `
with c as materialized (select r.* from waybill.receipts_covering(${STREAM}, $3, $4, $5, $6, ${FEW + 1}) r)
select k.count, f.* from (select count(*) as count from c) k
  left join lateral (
    select ${RECEIPT_COLUMNS} from c r ${ITS_POSITION_IN_STREAM} ${ITS_RUN}
      where ${AFTER_CURSOR} and ${WANTED}
      order by r.run, r.no limit $10
  ) f on true`;

const IN_ORDER = `from waybill.receipt r where r.stream = ${STREAM} and ${AFTER_CURSOR} order by r.run, r.no`;

/** One row at least: the first columns say which receipt is the last that was looked at, if that was before the end. */
const MANY = `
select m.run as last_run, m.no as last_no, f.* from (select) one
  left join lateral (select r.run, r.no ${IN_ORDER} offset ${MOST_LOOKED_AT - 1} limit 1) m on true
  left join lateral (
    select ${RECEIPT_COLUMNS} from (select r.* ${IN_ORDER} limit ${MOST_LOOKED_AT}) r ${ITS_POSITION_IN_ORDER} ${ITS_RUN_IN_ORDER}
      where ${COVERING_IN_ORDER} and ${NOT_IN_MEMORY} and ${WANTED}
      limit $10
  ) f on true`;

export interface CoveringPage {
  readonly limit: number;
  readonly cursor?: string;
  readonly outcome?: Outcome;
}

interface Found {
  readonly receipts: readonly FoundReceipt[];
  /** Nothing beyond this place was looked at; undefined: everything was. */
  readonly upTo: ReceiptPlace | undefined;
}

/** Pages of the receipts that cover a message, in the order of run and number, whichever index they come from. */
export class CoveringReader {
  constructor(private readonly query: LedgerQuery) {}

  async page(place: MessagePlace, held: HeldReceipts, { limit, cursor, outcome }: CoveringPage): Promise<ReceiptPage> {
    const after = receiptPlaceOf(cursor);
    const live = held
      .covering(place)
      .filter((found) => compareReceipts(placeOf(found), after) > 0)
      .filter(({ receipt, state }) => outcome === undefined || outcomeOf(receipt, state, place.seq).outcome === outcome);
    const { receipts, upTo } = await this.recorded(place, held, after, limit + 1, outcome);
    const within = upTo === undefined ? live : live.filter((found) => compareReceipts(placeOf(found), upTo) <= 0);
    const all = [...receipts, ...within].toSorted((left, right) => compareReceipts(placeOf(left), placeOf(right)));
    const items = all.slice(0, limit);
    const last = items.at(-1);
    if (last !== undefined && all.length > limit) return { items, next: receiptCursor(placeOf(last)) };
    return { items, next: upTo === undefined ? undefined : receiptCursor(upTo) };
  }

  private async recorded(
    place: MessagePlace,
    held: HeldReceipts,
    after: ReceiptPlace,
    limit: number,
    outcome: Outcome | undefined,
  ): Promise<Found> {
    const { topic, epoch, seq } = place;
    const values = [topic, epoch, seq, held.run, int8Array(held.numbers), held.at, after.run, after.no, outcome ?? null, limit];
    const read = (rows: readonly Row[], from: number): readonly FoundReceipt[] =>
      rows.filter((row) => row[from] !== null).map((row) => foundOf(row.slice(from), topic, epoch, held.run));
    const some = await this.query.rows(SOME, values);
    if (Number(some[0]?.[0]) <= FEW) return { receipts: read(some, 1), upTo: undefined };
    const many = await this.query.rows(MANY, values);
    const receipts = read(many, 2);
    const [run, no] = many[0] as readonly [number | null, string];
    return { receipts, upTo: receipts.length === limit || run === null ? undefined : { run, no: Number(no) } };
  }
}

function placeOf({ run, receipt }: FoundReceipt): ReceiptPlace {
  return { run, no: receipt.no };
}
