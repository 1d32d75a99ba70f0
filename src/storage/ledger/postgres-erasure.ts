import { Injectable } from '@nestjs/common';
import { type ErasedRecords, ErasureStore } from '../../messaging/ledger/erasure-store.js';
import { Refusal } from '../../protocol/refusal.js';
import { RETRY_AFTER_MS } from '../append-failure.js';
import { Database, type Row } from '../database.js';
import { textArray } from '../array-parameter.js';
import { QueryFailure } from '../query-failure.js';
import { userHash } from './user-hash.js';

/** Rows removed by one statement. */
const PIECE = 1_000;
/** Pages of a partition looked through by one statement: 16 MiB. */
const PAGES = 2_048;

/** Whoever began to record before the erasure was known has ended then, and nobody records until it is. */
const SETTLE = 'lock table waybill.receipt, waybill.ledger_fetch, waybill.ledger_connection, waybill.ledger_refusal in share mode';

/** Clocks of nodes differ; what one of them dated ahead is not to survive. */
const BEGIN = `
insert into waybill.ledger_erasure as e (user_hash, begun_at, erased_at)
  select $1, t.at, t.at from (select greatest($2, waybill.clock_ms(),
      (select max(r.opened_at) from waybill.receipt r where r.user_id = $3),
      (select max(f.at) from waybill.ledger_fetch f where f.user_id = $3),
      (select max(c.opened_at) from waybill.ledger_connection c where c.user_id = $3),
      (select max(f.first_at) from waybill.ledger_refusal f where f.user_id = $3)) as at) t
  on conflict (user_hash) do update
    set begun_at = greatest(e.begun_at, excluded.begun_at), erased_at = greatest(e.erased_at, excluded.erased_at)
  returning e.begun_at`;

const FINISH = `
update waybill.ledger_erasure e set erased_at = greatest(e.erased_at, $2, waybill.clock_ms()) where e.user_hash = $1 returning e.erased_at`;

/** What is removed: a table and the time in it that says when a row began. */
const TABLES = {
  receipts: ['receipt', 'opened_at'],
  fetches: ['ledger_fetch', 'at'],
  connections: ['ledger_connection', 'opened_at'],
  refusals: ['ledger_refusal', 'first_at'],
} as const;

const BEGUN = '(select e.begun_at from waybill.ledger_erasure e where e.user_hash = $2)';

/** In Postgres. The messages of a publisher stand in no index, so partitions are looked through, piece by piece. */
@Injectable()
export class PostgresErasure extends ErasureStore {
  constructor(private readonly database: Database) {
    super();
  }

  override begin(user: string): Promise<number> {
    return this.answered(() =>
      this.database.transaction('ledger', async (send) => {
        await send({ text: SETTLE });
        const [row] = await send({ text: BEGIN, values: [userHash(user), Date.now(), user] });
        return Number(row?.[0]);
      }),
    );
  }

  override async remove(user: string, connections: readonly string[]): Promise<ErasedRecords> {
    const counts = { receipts: 0, fetches: 0, connections: 0, refusals: 0 };
    for (const kind of Object.keys(TABLES) as (keyof typeof TABLES)[]) counts[kind] = await this.removeFrom(kind, user);
    return { ...counts, payloads: await this.erasePayloads(user, connections) };
  }

  override async finish(user: string): Promise<number> {
    const [row] = await this.query(FINISH, [userHash(user), Date.now()]);
    return Number(row?.[0]);
  }

  private removeFrom(kind: keyof typeof TABLES, user: string): Promise<number> {
    const [table, began] = TABLES[kind];
    const text = `with piece as materialized (
        select t.ctid as place from waybill.${table} t where t.user_id = $1 and t.${began} <= ${BEGUN} limit ${PIECE}
      ), gone as (delete from waybill.${table} t using piece p where t.ctid = p.place returning 1)
      select count(*) from gone`;
    return this.whileFull(PIECE, () => this.count(text, [user, userHash(user)]));
  }

  private async erasePayloads(user: string, connections: readonly string[]): Promise<number> {
    const partitions = await this.query(
      `select p.name, pg_relation_size(format('waybill.%I', p.name)::regclass) / current_setting('block_size')::bigint from waybill.partition p
         where to_regclass(format('waybill.%I', p.name)) is not null order by 1`,
      [],
    );
    let erased = 0;
    for (const [name, pages] of partitions as readonly (readonly [string, string])[]) {
      for (let first = 0; first < Number(pages); first += PAGES) erased += await this.erasePages(name, first, user, connections);
    }
    return erased;
  }

  /** Position, id and publisher stay: they keep the order of the topic whole, and a repeat from being stored anew. */
  private erasePages(partition: string, first: number, user: string, connections: readonly string[]): Promise<number> {
    const text = `with gone as (
        update waybill."${partition.replaceAll('"', '""')}" m set payload = 'null', origin = null, trace = null, erased_at = waybill.clock_ms()
          where m.ctid >= $3::tid and m.ctid < $4::tid and m.publisher = $1 collate "C" and m.erased_at is null
            and (m.stored_at <= ${BEGUN} or split_part(m.origin, ' ', 1) = any($5::text[]))
          returning 1)
      select count(*) from gone`;
    return this.count(text, [user, userHash(user), `(${first},0)`, `(${first + PAGES},0)`, textArray(connections)]);
  }

  private async whileFull(full: number, piece: () => Promise<number>): Promise<number> {
    let total = 0;
    for (let removed = full; removed === full; total += removed) removed = await piece();
    return total;
  }

  private async count(text: string, values: readonly unknown[]): Promise<number> {
    const [row] = await this.query(text, values);
    return Number(row?.[0]);
  }

  private query(text: string, values: readonly unknown[]): Promise<readonly Row[]> {
    return this.answered(() => this.database.query('ledger', { text, values }));
  }

  private async answered<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof QueryFailure)) throw error;
      const message = `the erasure is not complete, because the database does not answer (${error.message}): repeat it, which goes on where this ended`;
      throw new Refusal('UNAVAILABLE', message, { retryAfterMs: RETRY_AFTER_MS });
    }
  }
}
