import type { FoundReceipt, MessagePlace, NodeProgress } from '../../messaging/ledger/ledger-reader.js';
import { covers } from '../../messaging/ledger/outcome.js';
import type { Mark } from '../../messaging/ledger/receipt.js';
import { compareReceipts } from '../../messaging/ledger/receipt-cursor.js';
import { int8Array } from '../array-parameter.js';
import type { Row } from '../database.js';
import type { HeldReceipts } from './held-receipts.js';
import type { LedgerQuery } from './ledger-query.js';
import { foundOf } from './receipt-row.js';
import { isUuid } from './uuid.js';
import { ITS_POSITION, ITS_RUN, NOT_IN_MEMORY, RECEIPT_COLUMNS } from './receipt-sql.js';

/** The youngest of the user's in any epoch, and all that cover the message. */
const OF_USER = `
with mine as materialized (
  select r.*, s.epoch from waybill.receipt r join waybill.ledger_stream s on s.id = r.stream
    where r.user_id = $7 and r.stream = any (array (select id from waybill.ledger_stream where topic = $1)) and ${NOT_IN_MEMORY}
), chosen as (
  (select * from mine order by opened_at desc, run desc, no desc limit $8)
  union
  (select * from mine where epoch = $2 and after_seq < $3 and (head is null or head >= $3))
)
select r.epoch, ${RECEIPT_COLUMNS} from chosen r ${ITS_POSITION} ${ITS_RUN}`;

const OF_CONNECTION = `
select s.topic, s.epoch, ${RECEIPT_COLUMNS} from waybill.receipt r join waybill.ledger_stream s on s.id = r.stream ${ITS_POSITION} ${ITS_RUN}
  where r.connection = $1 and (r.run <> $2 or r.no <> all ($3::bigint[]) and (r.closed_at is not null or r.opened_at < $4))`;

const POSITIONS = `
select p.run, n.node, p.seq, p.marks from waybill.ledger_position p left join waybill.ledger_run n on n.run = p.run
  where p.stream = (select id from waybill.ledger_stream where topic = $1 and epoch = $2) order by p.run`;

/** Receipts of one user or connection, and how far runs came; of memory and database as one. */
export class ReceiptReader {
  constructor(private readonly query: LedgerQuery) {}

  async ofUser(user: string, place: MessagePlace, held: HeldReceipts, limit: number): Promise<readonly FoundReceipt[]> {
    const { topic, epoch, seq } = place;
    const rows = await this.query.rows(OF_USER, [topic, epoch, seq, held.run, int8Array(held.numbers), held.at, user, limit]);
    const recorded = rows.map((row) => foundOf(row.slice(1), topic, row[0] as string, held.run));
    const live = held.receipts.filter(({ receipt }) => receipt.user === user);
    return [...live, ...recorded]
      .toSorted(youngestFirst)
      .filter(({ receipt }, index) => index < limit || (receipt.epoch === epoch && covers(receipt, seq)));
  }

  async ofConnection(connection: string, held: HeldReceipts): Promise<readonly FoundReceipt[]> {
    const rows = !isUuid(connection) ? [] : await this.query.rows(OF_CONNECTION, [connection, held.run, int8Array(held.numbers), held.at]);
    const recorded = rows.map((row) => foundOf(row.slice(2), row[0] as string, row[1] as string, held.run));
    return [...held.receipts, ...recorded].toSorted(byTopic);
  }

  /** `own`: as memory has it, where this node has the topic's epoch open. */
  async progress(place: MessagePlace, own: NodeProgress | undefined): Promise<readonly NodeProgress[]> {
    const rows = await this.query.rows(POSITIONS, [place.topic, place.epoch]);
    const recorded = rows.map(progressOf).filter(({ run }) => run !== own?.run);
    return own === undefined ? recorded : [...recorded, own];
  }
}

function progressOf([run, node, seq, marks]: Row): NodeProgress {
  return { run: run as number, node: (node ?? '') as string, seq: Number(seq), marks: marksOf(marks as readonly string[]) };
}

/** `seq, time` and so on. */
function marksOf(numbers: readonly string[]): readonly Mark[] {
  const marks: Mark[] = [];
  for (let at = 0; at + 1 < numbers.length; at += 2) marks.push({ seq: Number(numbers[at]), at: Number(numbers[at + 1]) });
  return marks;
}

function youngestFirst(left: FoundReceipt, right: FoundReceipt): number {
  const byNumber = compareReceipts({ run: right.run, no: right.receipt.no }, { run: left.run, no: left.receipt.no });
  return right.receipt.openedAt - left.receipt.openedAt || byNumber;
}

function byTopic(left: FoundReceipt, right: FoundReceipt): number {
  if (left.receipt.topic !== right.receipt.topic) return left.receipt.topic < right.receipt.topic ? -1 : 1;
  return compareReceipts({ run: left.run, no: left.receipt.no }, { run: right.run, no: right.receipt.no });
}
