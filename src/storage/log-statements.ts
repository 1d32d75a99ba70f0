import type { ReadRange } from '../messaging/message-log.js';
import { int8Array, textArray } from './array-parameter.js';
import type { Statement } from './database.js';
import type { Retention } from './retention.js';

/** Text that no topic name in the "C" order follows: the upper end of a prefix. */
const AFTER_EVERY_NAME = '\u{10ffff}';

const ENDS = `
select coalesce(l.generation || t.salt, l.generation), coalesce(t.head, 0),
       coalesce(waybill.read_floor(t.id, t.floor, t.head, w.length, w.age_ms), 0), coalesce(t.last_at, 0)
  from unnest($1::text[], $2::bigint[], $3::bigint[]) with ordinality as w (name, length, age_ms, ord)
  cross join waybill.log l
  left join waybill.topic t on t.name = w.name collate "C"
  order by w.ord`;

/** Ends of several topics, in the order asked: epoch, head, floor, last_at. */
export function endsStatement(topics: readonly string[], retentions: readonly Retention[]): Statement {
  return {
    text: ENDS,
    values: [
      textArray(topics),
      int8Array(retentions.map((retention) => retention.length)),
      int8Array(retentions.map((retention) => retention.ageMs)),
    ],
  };
}

/**
 * There are no holes, so the range of `seq` follows from the ends, and is never wider than the page: whatever plan is chosen, no
 * more than that is read. Sizes are summed without reading the payloads themselves.
 */
const READ = `
with topic as materialized (
  select t.id, l.generation || t.salt as epoch, t.head, waybill.read_floor(t.id, t.floor, t.head, $2, $3) as floor
    from waybill.topic t cross join waybill.log l where t.name = $1
), range as materialized (
  select r.*, case when $8 then greatest(r.low, r.high - $6::bigint + 1) else r.low end as first,
         case when $8 then r.high else least(r.high, r.low + $6::bigint - 1) end as last
    from (select t.*, greatest($4::bigint, t.floor) + 1 as low, least($5::bigint - 1, t.head) as high from topic t) r
), page as (
  select m.*, sum(octet_length(m.payload)) over (order by case when $8 then -m.seq else m.seq end) as bytes,
         row_number() over (order by case when $8 then -m.seq else m.seq end) as place
    from range r join waybill.message m on m.topic_id = r.id and m.seq between r.first and r.last
)
select coalesce(r.epoch, l.generation), coalesce(r.head, 0), coalesce(r.floor, 0),
       p.seq, p.accepted_at, p.client_time, p.publisher, p.msg_id, p.action, p.door, p.trace, p.payload
  from waybill.log l left join range r on true left join page p on p.bytes <= $7 or p.place = 1
  order by p.seq`;

/** Ends and messages of one topic in one snapshot; one row without a message where there is none. */
export function readStatement(topic: string, range: ReadRange, retention: Retention): Statement {
  const { after, before, limit, maxBytes } = range;
  const fromTheEnd = after === undefined && before !== undefined;
  return {
    text: READ,
    values: [
      topic,
      retention.length,
      retention.ageMs,
      after ?? 0,
      before ?? Number.MAX_SAFE_INTEGER,
      limit,
      maxBytes ?? Number.MAX_SAFE_INTEGER,
      fromTheEnd,
    ],
  };
}

const NAMES = `
select t.name from waybill.topic t
  where t.name > $1 and t.name >= $2 and t.name < $3 and t.head > 0
  order by t.name limit $4`;

/** Names of known topics, after a name, with a prefix. */
export function namesStatement(page: { readonly after?: string; readonly prefix?: string; readonly limit: number }): Statement {
  const prefix = page.prefix ?? '';
  return { text: NAMES, values: [page.after ?? '', prefix, `${prefix}${AFTER_EVERY_NAME}`, page.limit] };
}
