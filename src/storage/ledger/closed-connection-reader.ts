import { decodeCursor, encodeCursor, pageOf } from '../../messaging/connection-page.js';
import type { ConnectionPage, ConnectionQuery, ConnectionView } from '../../messaging/gateway-control.js';
import type { ConnectionRecord } from '../../messaging/ledger/connection-record.js';
import type { ConnectionSpan } from '../../messaging/ledger/ledger-reader.js';
import { Refusal } from '../../protocol/refusal.js';
import type { Row } from '../database.js';
import { isUuid } from './uuid.js';
import { candidatesStatement, type ConnectionFilters, MOST_CANDIDATES, scanStatement, type TimeOrder } from './closed-connection-sql.js';
import type { LedgerQuery } from './ledger-query.js';

export type ClosedConnectionQuery = ConnectionQuery & ConnectionSpan;

const SCANNED = { closed_at: 'closed_at', opened_at: 'opened_at' } as const;

/** The search of connections that have ended: by an index that leaves few, or in order of time. */
export class ClosedConnectionReader {
  constructor(private readonly query: LedgerQuery) {}

  async one(id: string): Promise<ConnectionRecord | undefined> {
    if (!isUuid(id)) return undefined;
    const [row] = await this.query.rows('select view, events, forgotten from waybill.ledger_connection where id = $1', [id]);
    if (row === undefined) return undefined;
    const [view, events, forgotten] = row as readonly [ConnectionView, ConnectionRecord['events'], number];
    return { view, events, forgotten };
  }

  async page(query: ClosedConnectionQuery): Promise<ConnectionPage> {
    const filters = filtersOf(query);
    const descending = query.sort.startsWith('-');
    const field = descending ? query.sort.slice(1) : query.sort;
    const few = await this.few(query, filters, field === 'closed_at');
    if (few !== undefined) return few;
    const column = field in SCANNED ? SCANNED[field as keyof typeof SCANNED] : undefined;
    if (column === undefined)
      throw Refusal.badRequest(
        'sort',
        `more than ${MOST_CANDIDATES} closed connections may match, so they are sorted by closed_at or opened_at alone: ` +
          'sort by one of these, or name a user, an address, a ref, a rarer client or code, or a shorter time',
      );
    return this.scan(query, filters, { column, descending });
  }

  /** All that an index finds, if they are few: then they can be sorted by anything. */
  private async few(query: ClosedConnectionQuery, filters: ConnectionFilters, isByClosing: boolean): Promise<ConnectionPage | undefined> {
    const statement = candidatesStatement(filters, isByClosing);
    if (statement === undefined) return undefined;
    const rows = await this.query.run(statement);
    return rows[0]?.[0] === true ? undefined : pageOf(rows.flatMap(viewOf), query);
  }

  private async scan(query: ClosedConnectionQuery, filters: ConnectionFilters, order: TimeOrder): Promise<ConnectionPage> {
    const cursor = query.cursor === undefined ? undefined : decodeCursor(query.cursor);
    if (cursor !== undefined && (!Number.isSafeInteger(cursor.key) || !isUuid(cursor.id)))
      throw Refusal.badRequest('cursor', 'not one that this list gave out');
    const after = cursor === undefined ? undefined : { at: Number(cursor.key), id: cursor.id };
    const scan = scanStatement(filters, order, after, query.limit + 1);
    const rows = (await this.query.run(scan)).map(foundOf);
    const items = rows.slice(0, query.limit).flatMap(({ view }) => view ?? []);
    const last = rows.length > query.limit ? rows[query.limit - 1] : rows.at(-1);
    const goesOn = last !== undefined && (rows.length > query.limit || last.place === scan.most);
    return { items, next: goesOn ? encodeCursor(last.at, last.id) : undefined };
  }
}

/** Null in the one row of none. */
function viewOf([, view]: Row): ConnectionView | readonly [] {
  return (view as ConnectionView | null) ?? [];
}

interface FoundInOrder {
  readonly at: number;
  readonly id: string;
  readonly place: number;
  /** Undefined: it is the last that was looked at, and does not match. */
  readonly view: ConnectionView | undefined;
}

function foundOf([at, id, place, view]: Row): FoundInOrder {
  return { at: Number(at), id: id as string, place: Number(place), view: (view as ConnectionView | null) ?? undefined };
}

function filtersOf({ filters, code, reason, from, to }: ClosedConnectionQuery): ConnectionFilters {
  return { ...filters, code, reason, from, to };
}
