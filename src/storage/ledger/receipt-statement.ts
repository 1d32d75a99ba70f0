import { type Exception, EXCEPTION_REASONS } from '../../messaging/ledger/receipt.js';
import { int4Array, int8Array, textArray } from '../array-parameter.js';
import type { Statement } from '../database.js';
import type { EntryOf } from './entry.js';
import type { StreamName } from './stream-ids.js';

/** Whether what began at a time is not to be recorded any more, because its user was erased since. */
export const notErased = (user: string, at: string): string => `not exists (${erasureOf(user, at)})`;

/** The erasure that keeps out what began at a time. */
const erasureOf = (user: string, at: string): string => `
  select e.user_hash from waybill.ledger_erasure e
    where e.user_hash = encode(sha256(convert_to(${user}, 'UTF8')), 'hex') and ${at} <= e.begun_at`;

/**
 * Begins a statement that records what is `given`: `columns` of the arrays in `source`. What began before its user's erasure is not taken,
 * but what it says happened until `until`, so from then on the lack of a record would be no proof: the erasure lasts until then.
 */
export const givenUnlessErased = (source: string, began: string, until: string): string => `
with given as materialized (select u.*, (${erasureOf('u.user_id', began)}) as erasure from ${source}),
     kept_out as (
  update waybill.ledger_erasure e set erased_at = o.until
    from (select g.erasure, max(g.${until}) as until from given g where g.erasure is not null group by 1) o
    where e.user_hash = o.erasure and e.erased_at < o.until)`;

/** A repeat changes nothing; what is closed stays as it is. */
const RECEIPTS = `
${givenUnlessErased(
  `unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[],
                $11::bigint[], $12::bigint[], $13::int[], $14::text[], $15::bigint[], $16::bigint[], $17::bigint[], $18::bigint[])
      as u (no, stream, user_id, connection, opened_at, after_seq, recovered_to, offered, handed, written, acked, lagged, exceptions, head,
            closed_at, acked_at, connected_at)`,
  'least(u.connected_at, u.opened_at)',
  'closed_at',
)}
insert into waybill.receipt as r (run, no, stream, user_id, connection, opened_at, after_seq, recovered_to, offered, handed, written, acked,
                                  lagged, exceptions, head, closed_at, acked_at)
  select $1::int, u.no, u.stream, u.user_id, u.connection::uuid, u.opened_at, u.after_seq, u.recovered_to, u.offered, u.handed, u.written,
         u.acked, u.lagged <> 0, u.exceptions::bigint[], u.head, u.closed_at, u.acked_at
    from given u where u.erasure is null
  on conflict (run, no) do update
    set stream = excluded.stream, opened_at = excluded.opened_at, after_seq = excluded.after_seq, recovered_to = excluded.recovered_to,
        offered = excluded.offered, handed = excluded.handed, written = excluded.written, acked = greatest(r.acked, excluded.acked),
        acked_at = case when excluded.acked < r.acked then r.acked_at else excluded.acked_at end,
        lagged = r.lagged or excluded.lagged, exceptions = excluded.exceptions, head = excluded.head, closed_at = excluded.closed_at
    where r.closed_at is null`;

/** Records receipts that are open or closed; each at most once. */
export function receiptsStatement(
  run: number,
  entries: readonly (EntryOf<'open'> | EntryOf<'closed'>)[],
  idOf: (stream: StreamName) => number,
): Statement {
  const receipts = entries.map(({ receipt }) => receipt);
  const own = entries.map((entry) => (entry.kind === 'open' && entry.follows ? undefined : entry.receipt));
  return {
    text: RECEIPTS,
    values: [
      run,
      int8Array(receipts.map(({ no }) => no)),
      int8Array(receipts.map(idOf)),
      textArray(receipts.map(({ user }) => user)),
      textArray(receipts.map(({ connection }) => connection)),
      int8Array(receipts.map(({ openedAt }) => openedAt)),
      int8Array(receipts.map(({ after }) => after)),
      int8Array(receipts.map(({ recoveredTo }) => recoveredTo)),
      int8Array(own.map((receipt) => receipt?.offered)),
      int8Array(own.map((receipt) => receipt?.handed)),
      int8Array(own.map((receipt) => receipt?.written)),
      int8Array(receipts.map(({ acked }) => acked)),
      int4Array(receipts.map(({ lagged }) => (lagged ? 1 : 0))),
      textArray(receipts.map(({ exceptions }) => exceptionsText(exceptions))),
      int8Array(entries.map(({ kind, receipt }) => (kind === 'closed' ? receipt.head : undefined))),
      int8Array(receipts.map(({ closedAt }) => closedAt)),
      int8Array(receipts.map(({ ackedAt }) => ackedAt)),
      int8Array(receipts.map(({ connectedAt }) => connectedAt)),
    ],
  };
}

/** As an array literal: from, to, place of the reason. */
function exceptionsText(exceptions: readonly Exception[]): string | undefined {
  if (exceptions.length === 0) return undefined;
  return `{${exceptions.map(({ from, to, reason }) => `${from},${to},${EXCEPTION_REASONS.indexOf(reason)}`).join(',')}}`;
}
