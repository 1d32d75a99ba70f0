import { Injectable } from '@nestjs/common';
import { Refusal } from '../../protocol/refusal.js';
import { Database, type Row, type Statement } from '../../storage/database.js';
import { QueryFailure } from '../../storage/query-failure.js';
import type { Order, OrderBodies, OrderKind } from './order.js';

/** Any number that nothing else in the database locks by. */
const CHANGES_LOCK = 7_225_330_143;
const RETRY_AFTER_MS = 1_000;
/** Orders that are over are kept for so long. */
const KEPT_S = 3_600;
const PAGE = 1_000;
const COLUMNS = `id, change, kind, node, made_by, (extract(epoch from made_at) * 1000)::bigint, (extract(epoch from holds_until) * 1000)::bigint, body`;

export interface NewOrder<Kind extends OrderKind = OrderKind> {
  readonly id: string;
  readonly kind: Kind;
  readonly node: string;
  readonly by: string;
  readonly holdsMs: number;
  readonly body: OrderBodies[Kind];
}

/** An order and its place among all. */
export interface StoredOrder {
  readonly order: Order;
  readonly change: number;
}

/** Orders in the database that all nodes share. Refuses with `UNAVAILABLE` where it does not answer. */
@Injectable()
export class OrderTable {
  constructor(private readonly database: Database) {}

  /**
   * Stores an order; undefined where another one of its kind stands in its way. Orders are numbered in the order of their commits, or a node
   * that looks between two commits would miss one.
   */
  async add({ id, kind, node, by, holdsMs, body }: NewOrder): Promise<StoredOrder | undefined> {
    await this.ask({
      text: 'update waybill.control_order set ended_at = now() where kind = $1 and ended_at is null and holds_until < now()',
      values: [kind],
    });
    const rows = await this.ask({
      text: `with alone as (select pg_advisory_xact_lock($7))
        insert into waybill.control_order (id, change, kind, node, made_by, holds_until, body)
        select $1, nextval('waybill.control_order_change'), $2, $3, $4, now() + $5::double precision * interval '1 millisecond', $6::jsonb from alone
        on conflict do nothing returning ${COLUMNS}`,
      values: [id, kind, node, by, holdsMs, JSON.stringify(body), CHANGES_LOCK],
    });
    return rows[0] && orderOf(rows[0]);
  }

  /** Orders that hold and came after a change, in their order. */
  async since(change: number): Promise<readonly StoredOrder[]> {
    const rows = await this.ask({
      text: `select ${COLUMNS} from waybill.control_order where change > $1 and holds_until > now() order by change limit ${PAGE}`,
      values: [change],
    });
    return rows.map(orderOf);
  }

  /** Number of the newest; 0 where there is none. */
  async newest(): Promise<number> {
    const [row] = await this.ask({ text: 'select coalesce(max(change), 0) from waybill.control_order' });
    return Number(row?.[0] ?? 0);
  }

  /** The order was carried out everywhere. */
  async end(id: string): Promise<void> {
    await this.ask({ text: 'update waybill.control_order set ended_at = now() where id = $1', values: [id] });
  }

  async purge(): Promise<void> {
    await this.ask({ text: `delete from waybill.control_order where holds_until < now() - interval '${KEPT_S} seconds'` });
  }

  private async ask(statement: Statement): Promise<readonly Row[]> {
    try {
      return await this.database.query('settings', statement);
    } catch (error) {
      if (error instanceof QueryFailure && error.kind === 'lost' && statement.text.includes('insert into'))
        throw new Refusal(
          'UNKNOWN_OUTCOME',
          'whether the order was stored is not known: look whether it is carried out, and give it again',
        );
      throw new Refusal('UNAVAILABLE', 'orders to all nodes cannot be read or given now, because the database does not answer', {
        retryAfterMs: RETRY_AFTER_MS,
      });
    }
  }
}

function orderOf([id, change, kind, node, by, madeAt, holdsUntil, body]: Row): StoredOrder {
  const order: Order = {
    id: id as string,
    kind: kind as OrderKind,
    node: node as string,
    by: by as string,
    madeAt: Number(madeAt),
    holdsUntil: Number(holdsUntil),
    body: body as Order['body'],
  };
  return { order, change: Number(change) };
}
