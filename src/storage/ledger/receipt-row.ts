import type { FoundReceipt } from '../../messaging/ledger/ledger-reader.js';
import { type Exception, EXCEPTION_REASONS, type ExceptionReason, type Receipt } from '../../messaging/ledger/receipt.js';
import type { Row } from '../database.js';

type Int8 = string | null;

/** `RECEIPT_COLUMNS`. */
type ReceiptRow = readonly [
  run: number,
  node: string | null,
  endedAt: Int8,
  lostAt: Int8,
  no: string,
  connection: string,
  user: string,
  openedAt: string,
  after: string,
  recoveredTo: string,
  offered: Int8,
  handed: Int8,
  written: Int8,
  acked: string,
  lagged: boolean,
  exceptions: readonly string[] | null,
  head: Int8,
  closedAt: Int8,
  position: Int8,
  positionAt: Int8,
  ackedAt: Int8,
];

/** A row of `RECEIPT_COLUMNS` as the reader answers it; `own`: this node's run. */
export function foundOf(row: Row, topic: string, epoch: string, own: number | undefined): FoundReceipt {
  const [run, node, endedAt, lostAt, no, connection, user, openedAt, after, recoveredTo, ...rest] = row as ReceiptRow;
  const [offered, handed, written, acked, lagged, exceptions, head, closedAt, position, positionAt, ackedAt] = rest;
  const fixed = {
    no: Number(no),
    topic,
    epoch,
    connection,
    user,
    openedAt: Number(openedAt),
    after: Number(after),
    recoveredTo: Number(recoveredTo),
    acked: Number(acked),
    ...(ackedAt === null ? {} : { ackedAt: Number(ackedAt) }),
    lagged,
    exceptions: exceptionsOf(exceptions),
  };
  const at = { node: node ?? '', run };
  if (closedAt !== null) {
    const ends = {
      offered: Number(offered),
      handed: Number(handed),
      written: Number(written),
      head: Number(head),
      closedAt: Number(closedAt),
    };
    return { receipt: { ...fixed, ...ends }, ...at, state: { kind: 'closed' } };
  }
  const reached = position !== null && fixed.openedAt < Number(positionAt) ? Math.max(fixed.after, Number(position)) : fixed.after;
  const recorded = written === null ? reached : Number(written);
  const known = {
    offered: offered === null ? recorded : Number(offered),
    handed: handed === null ? recorded : Number(handed),
    written: recorded,
  };
  const goneAt = lostAt ?? endedAt;
  const isBounded = head !== null && goneAt !== null;
  const ended = isBounded
    ? { head: Number(head), closedAt: Number(goneAt) }
    : { head: Math.max(known.offered, fixed.after), closedAt: undefined };
  const isGone = goneAt !== null || node === null || run === own;
  return { receipt: { ...fixed, ...known, ...ended }, ...at, state: { kind: isGone ? 'lost' : 'remote', recorded } };
}

/** `from, to, reason` and so on; a reason is its place in the list. */
function exceptionsOf(numbers: readonly string[] | null): readonly Exception[] {
  const exceptions: Exception[] = [];
  for (let at = 0; numbers !== null && at + 2 < numbers.length; at += 3)
    exceptions.push({ from: Number(numbers[at]), to: Number(numbers[at + 1]), reason: reasonAt(Number(numbers[at + 2])) });
  return exceptions;
}

/** A reason that this version does not know is one that it cannot vouch for. */
function reasonAt(place: number): ExceptionReason {
  return EXCEPTION_REASONS[place] ?? 'unknown';
}

/** The numbers that `exceptionsOf` reads; null without any. */
export function exceptionNumbers({ exceptions }: Pick<Receipt, 'exceptions'>): readonly number[] | null {
  if (exceptions.length === 0) return null;
  return exceptions.flatMap(({ from, to, reason }) => [from, to, EXCEPTION_REASONS.indexOf(reason)]);
}
