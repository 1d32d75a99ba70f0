/**
 * Pieces of the statements that read receipts. `r`: a receipt, `p`: the position of its run and stream, `n`: its run, `s`: its stream.
 * Parameters that all of them share: $1 topic, $2 epoch, $3 seq, $4 this run, $5 numbers of its receipts that memory answers for,
 * $6 when memory was looked at.
 */
export const STREAM = '(select id from waybill.ledger_stream where topic = $1 and epoch = $2)';

/**
 * Receipts whose span contains the message. Nothing but the index of spans can serve the first line, whatever statistics say: an
 * ordered index would read half of a stream's receipts.
 */
export const COVERING = `box(point(r.stream, r.after_seq + 1), point(r.stream, greatest(coalesce(r.head, 9007199254740991), r.after_seq + 1)))
    && box(point(${STREAM}, $3::bigint), point(${STREAM}, $3::bigint))
  and (r.head is null or r.head >= $3)`;

/** As `COVERING`, for receipts of the stream that are read in their order. */
export const COVERING_IN_ORDER = 'r.after_seq < $3 and (r.head is null or r.head >= $3)';

/** Memory wins over rows; what was opened after memory was looked at was not there when it was asked. */
export const NOT_IN_MEMORY = `(r.run <> $4 or r.no <> all ($5::bigint[]) and (r.closed_at is not null or r.opened_at < $6))`;

/** How far a receipt is known to have been written. A position that was taken before the receipt opened says nothing of it. */
const WRITTEN = `coalesce(r.written, case when r.opened_at < p.at then greatest(p.seq, r.after_seq) else r.after_seq end)`;

/** The place of `unknown` in EXCEPTION_REASONS. */
const UNKNOWN_REASON = 5;

const EXCEPTION = `(select r.exceptions[i + 2] from generate_series(1, cardinality(r.exceptions), 3) i
    where $3 between r.exceptions[i] and r.exceptions[i + 1] limit 1)`;

/** The same judgement as `outcomeOf`, which is the one that counts; a test compares them. */
export const OUTCOME = `case
    when r.exceptions is not null and ${EXCEPTION} is not null then case when ${EXCEPTION} = ${UNKNOWN_REASON} then 'unknown' else 'dropped' end
    when $3 <= r.acked then 'acked'
    when $3 <= ${WRITTEN} then 'written'
    when r.closed_at is null then 'unknown'
    when $3 <= r.handed then 'unconfirmed'
    else 'not_written'
  end`;

export const RECEIPT_COLUMNS = `r.run, n.node, n.ended_at, n.lost_at, r.no, r.connection, r.user_id, r.opened_at, r.after_seq, r.recovered_to, r.offered, r.handed,
  r.written, r.acked, r.lagged, r.exceptions, r.head, r.closed_at, p.seq, p.at,
  r.acked_at`;

export const ITS_POSITION = 'left join waybill.ledger_position p on p.stream = r.stream and p.run = r.run';
/** Of receipts of the one stream. */
export const ITS_POSITION_IN_STREAM = `left join (select q.run, q.seq, q.at from waybill.ledger_position q where q.stream = ${STREAM}) p on p.run = r.run`;
export const ITS_RUN = 'left join waybill.ledger_run n on n.run = r.run';

/** One row at most, looked up for each receipt, so that receipts stay in their order. */
export const ITS_POSITION_IN_ORDER =
  'left join lateral (select q.seq, q.at from waybill.ledger_position q where q.stream = r.stream and q.run = r.run limit 1) p on true';
export const ITS_RUN_IN_ORDER =
  'left join lateral (select q.node, q.ended_at, q.lost_at from waybill.ledger_run q where q.run = r.run limit 1) n on true';
