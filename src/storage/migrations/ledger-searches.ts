import type { MigrationInterface, QueryRunner } from 'typeorm';

const INDEXES = [
  // Pages of a message's recipients, where very many cover it.
  'create index receipt_order on waybill.receipt (stream, run, no)',
  'create index ledger_fetch_span on waybill.ledger_fetch using gist (box(point(stream, from_seq), point(stream, to_seq)))',
  'create index ledger_connection_opened_at on waybill.ledger_connection (opened_at, id)',
  'create index ledger_connection_code on waybill.ledger_connection (code, closed_at, id)',
  `create index ledger_connection_client on waybill.ledger_connection (split_part(client, '/', 1), closed_at, id)`,
  'create index ledger_connection_span on waybill.ledger_connection using gist (box(point(0, opened_at), point(0, closed_at)))',
  // A message knows its topic by number. The number never changes, so that a head is still raised in place.
  'create index topic_id on waybill.topic (id)',
];

/**
 * Some of the receipts that cover a message, at most `p_limit`, without those that a node answers from its memory. The planner would
 * rather make a map of all of them first, and may be a million off.
 */
const RECEIPTS_COVERING = `
create function waybill.receipts_covering(p_stream bigint, p_seq bigint, p_run int, p_numbers bigint[], p_at bigint, p_limit bigint)
returns setof waybill.receipt
language plpgsql stable
set search_path = waybill, pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set jit = off
as $function$
begin
  return query
    select * from receipt r
      where box(point(r.stream, r.after_seq + 1), point(r.stream, greatest(coalesce(r.head, 9007199254740991), r.after_seq + 1)))
          && box(point(p_stream, p_seq), point(p_stream, p_seq))
        and (r.head is null or r.head >= p_seq)
        and (r.run <> p_run or r.no <> all (p_numbers) and (r.closed_at is not null or r.opened_at < p_at))
      limit p_limit;
end
$function$`;

/** Indexes that the ledger's questions need, beside those of its tables. */
export class LedgerSearches1763750002000 implements MigrationInterface {
  readonly name = 'LedgerSearches1763750002000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...INDEXES, RECEIPTS_COVERING]) await runner.query(statement);
    await runner.query('revoke execute on all functions in schema waybill from public');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function waybill.receipts_covering(bigint, bigint, int, bigint[], bigint, bigint)');
    const names = INDEXES.map((statement) => /create index (\w+)/.exec(statement)?.[1]);
    await runner.query(`drop index ${names.map((name) => `waybill.${name}`).join(', ')}`);
  }
}
