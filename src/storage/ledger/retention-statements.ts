import { int8Array, textArray } from '../array-parameter.js';
import type { Statement } from '../database.js';
import type { LedgerAges } from './ledger-retention.js';

/** Rows looked at by one statement. */
export const PIECE = 2_000;

/** How far a walk has come: time, run, number. */
export type WalkPlace = readonly [at: number, run: number, no: number];

/** Age of a stream's namespace; $1, $2: names and ages. */
const AGE = `coalesce(
  (select w.age from unnest($1::text[], $2::bigint[]) as w (name, age) where w.name = split_part(s.topic, '.', 1)),
  (select w.age from unnest($1::text[], $2::bigint[]) as w (name, age) where w.name = 'default'))`;

/** One step of a walk by time over rows that end; removes those whose namespace keeps them for just this long. */
const walk = (table: string, at: string): string => `
with piece as materialized (
  select t.${at} as at, t.run, t.no, t.stream from waybill.${table} t
    where (t.${at}, t.run, t.no) > ($4, $5, $6) and t.${at} < $7 order by t.${at}, t.run, t.no limit ${PIECE}
), gone as (
  delete from waybill.${table} t using piece p, waybill.ledger_stream s
    where t.run = p.run and t.no = p.no and s.id = p.stream and ${AGE} = $3 returning 1
)
select (select count(*) from gone), (select count(*) from piece), l.at, l.run, l.no
  from (select) one left join lateral (select p.at, p.run, p.no from piece p order by p.at desc, p.run desc, p.no desc limit 1) l on true`;

const RECEIPTS = walk('receipt', 'closed_at');
const FETCHES = walk('ledger_fetch', 'at');

export function walkStatement(
  table: 'receipt' | 'ledger_fetch',
  ages: LedgerAges,
  age: number,
  place: WalkPlace,
  before: number,
): Statement {
  return {
    text: table === 'receipt' ? RECEIPTS : FETCHES,
    values: [textArray(ages.names), int8Array(ages.ages), age, ...place, before],
  };
}

/** Receipts that were open when their run ended or was lost, long ago. */
const OPEN = `
with piece as materialized (
  select t.run, t.no from waybill.receipt t
    join waybill.ledger_run r on r.run = t.run
    join waybill.ledger_stream s on s.id = t.stream
    where t.closed_at is null and coalesce(r.ended_at, r.lost_at) < waybill.clock_ms() - ${AGE} and ${AGE} > 0 limit ${PIECE}
), gone as (delete from waybill.receipt t using piece p where t.run = p.run and t.no = p.no returning 1)
select count(*) from gone`;

const POSITIONS = `
with piece as materialized (
  select p.run, p.stream from waybill.ledger_position p join waybill.ledger_stream s on s.id = p.stream
    where p.at < waybill.clock_ms() - ${AGE} and ${AGE} > 0 limit ${PIECE}
), gone as (delete from waybill.ledger_position p using piece o where p.run = o.run and p.stream = o.stream returning 1)
select count(*) from gone`;

export function agedStatement(what: 'open' | 'positions', ages: LedgerAges): Statement {
  return { text: what === 'open' ? OPEN : POSITIONS, values: [textArray(ages.names), int8Array(ages.ages)] };
}

/** What is older than a time. */
const older = (table: string, at: string): string => `
with piece as materialized (select t.ctid as place from waybill.${table} t where t.${at} < $1 order by t.${at} limit ${PIECE}),
  gone as (delete from waybill.${table} t using piece p where t.ctid = p.place returning 1)
select count(*) from gone`;

export const OLD_CONNECTIONS = older('ledger_connection', 'closed_at');
export const OLD_REFUSALS = older('ledger_refusal', 'last_at');

export const OLD_RUNS = `
with gone as (
  delete from waybill.ledger_run r
    where coalesce(r.ended_at, r.lost_at) < $1 and not exists (select from waybill.receipt t where t.run = r.run)
    returning 1
)
select count(*) from gone`;

/** Nobody has used them for a day, so no node remembers their numbers, and nothing names them. The span's index finds their receipts. */
export const UNUSED_STREAMS = `
with piece as materialized (
  select s.id from waybill.ledger_stream s
    where s.id > $1 and s.used_at < waybill.clock_ms() - 86400000 order by s.id limit ${PIECE}
), gone as (
  delete from waybill.ledger_stream s using piece p
    where s.id = p.id and s.used_at < waybill.clock_ms() - 86400000
      and not exists (select from waybill.ledger_position o where o.stream = p.id)
      and not exists (select from waybill.ledger_fetch f where f.stream = p.id)
      and not exists (select from waybill.receipt r
        where box(point(r.stream, r.after_seq + 1), point(r.stream, greatest(coalesce(r.head, 9007199254740991), r.after_seq + 1)))
           && box(point(p.id, 0), point(p.id, 9007199254740991)))
    returning 1
)
select (select count(*) from gone), (select max(p.id) from piece p)`;
