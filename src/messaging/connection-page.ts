import { Refusal } from '../protocol/refusal.js';
import { CONNECTION_SORT_FIELDS, type ConnectionPage, type ConnectionQuery, type ConnectionView } from './gateway-control.js';
import type { ConnectionSpan } from './ledger/ledger-reader.js';

export type SortKey = string | number;

/** Where a connection stands in a sorted list. */
export interface Place {
  readonly key: SortKey;
  readonly id: string;
}

/** How the list of a query is sorted. Refuses an unknown field with `BAD_REQUEST`. */
export function placeIn({ sort }: Pick<ConnectionQuery, 'sort'>): {
  readonly of: (view: ConnectionView) => Place;
  readonly compare: (left: Place, right: Place) => number;
} {
  const descending = sort.startsWith('-');
  const field = CONNECTION_SORT_FIELDS.find((name) => sort === (descending ? `-${name}` : name));
  if (field === undefined)
    throw Refusal.badRequest('sort', `must be one of ${CONNECTION_SORT_FIELDS.join(', ')}, with - before it to descend`);
  const sign = descending ? -1 : 1;
  return { of: (view) => ({ key: keyOf(view, field), id: view.id }), compare: (left, right) => sign * compare(left, right) };
}

/**
 * Filters, sorts and cuts a list of connections. The cursor is the last one's sort value and id, so that connections which come and go
 * between two pages neither repeat nor hide the others. Refuses an unknown field or a broken cursor with `BAD_REQUEST`.
 */
export function pageOf(views: readonly ConnectionView[], query: ConnectionQuery & ConnectionSpan): ConnectionPage {
  const order = placeIn(query);
  const placed = views.filter((view) => matches(view, query)).map((view) => ({ view, place: order.of(view) }));
  placed.sort((left, right) => order.compare(left.place, right.place));
  const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor);
  const rest = after === undefined ? placed : placed.filter(({ place }) => order.compare(place, after) > 0);
  const items = rest.slice(0, query.limit);
  const last = items[items.length - 1];
  const next = last !== undefined && rest.length > items.length ? encodeCursor(last.place.key, last.place.id) : undefined;
  return { items: items.map(({ view }) => view), next };
}

export function matches(view: ConnectionView, query: ConnectionQuery & ConnectionSpan): boolean {
  const { user, address, client, topic, ref, node } = query.filters;
  return (
    (user === undefined || view.user === user) &&
    (address === undefined || view.address === address) &&
    (client === undefined || isClient(view.client, client)) &&
    (ref === undefined || view.ref === ref.toUpperCase()) &&
    (node === undefined || view.node === node) &&
    (topic === undefined || view.topics.includes(topic)) &&
    endsAs(view, query) &&
    wasOpenWithin(view, query)
  );
}

/** By its name alone, whatever its version, or by `name/version`. */
function isClient(client: string | undefined, wanted: string): boolean {
  return client !== undefined && (client === wanted || client.startsWith(`${wanted}/`));
}

function endsAs({ close }: ConnectionView, { code, reason }: ConnectionSpan): boolean {
  return (
    (code === undefined || close?.code === code) &&
    (reason === undefined || (close?.reason.toLowerCase().includes(reason.toLowerCase()) ?? false))
  );
}

function wasOpenWithin({ opened_at: openedAt, closed_at: closedAt = Infinity }: ConnectionView, { from, to }: ConnectionSpan): boolean {
  return (to === undefined || openedAt <= to) && (from === undefined || closedAt >= from);
}

/** Absent values come first. Numbers and texts do not meet: a field holds one kind. */
function keyOf(view: ConnectionView, field: string): SortKey {
  const value = view[field as keyof ConnectionView];
  return typeof value === 'number' || typeof value === 'string' ? value : '';
}

function compare(left: Place, right: Place): number {
  if (left.key === right.key) return left.id < right.id ? -1 : left.id > right.id ? 1 : 0;
  if (left.key === '') return -1;
  if (right.key === '') return 1;
  return left.key < right.key ? -1 : 1;
}

export function encodeCursor(key: SortKey, id: string): string {
  return Buffer.from(JSON.stringify([key, id])).toString('base64url');
}

export function decodeCursor(cursor: string): Place {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(value)) {
      const [key, id] = value as readonly unknown[];
      if ((typeof key === 'string' || typeof key === 'number') && typeof id === 'string') return { key, id };
    }
  } catch {
    // Told below, with every other broken cursor.
  }
  throw Refusal.badRequest('cursor', 'not one that this list gave out');
}
