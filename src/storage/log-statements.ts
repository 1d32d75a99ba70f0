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

const READ = `
select r.epoch, r.head, r.floor, r.seq, r.accepted_at, r.client_time, r.publisher, r.msg_id, r.action, r.door, r.trace, r.payload
  from waybill.read_messages($1, $2, $3, $4, $5, $6, $7, $8) as r
  order by r.seq`;

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
