import { CONNECTION_SORT_FIELDS, type ConnectionPage, type ConnectionQuery, type ConnectionView } from '../messaging/gateway-control.js';
import { Refusal } from '../protocol/refusal.js';

type SortKey = string | number;

/**
 * Filters, sorts and cuts a list of connections. The cursor is the last one's sort value and id, so that connections which come and go
 * between two pages neither repeat nor hide the others. Refuses an unknown field or a broken cursor with `BAD_REQUEST`.
 */
export function pageOf(views: readonly ConnectionView[], query: ConnectionQuery): ConnectionPage {
  const descending = query.sort.startsWith('-');
  const field = CONNECTION_SORT_FIELDS.find((name) => query.sort === (descending ? `-${name}` : name));
  if (field === undefined)
    throw Refusal.badRequest('sort', `must be one of ${CONNECTION_SORT_FIELDS.join(', ')}, with - before it to descend`);
  const sign = descending ? -1 : 1;
  const keyed = views.filter((view) => matches(view, query.filters)).map((view) => ({ view, key: keyOf(view, field) }));
  keyed.sort((left, right) => sign * compare(left.key, left.view.id, right.key, right.view.id));
  const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor);
  const rest = after === undefined ? keyed : keyed.filter(({ key, view }) => sign * compare(key, view.id, after.key, after.id) > 0);
  const items = rest.slice(0, query.limit);
  const last = items[items.length - 1];
  const next = last !== undefined && rest.length > items.length ? encodeCursor(last.key, last.view.id) : undefined;
  return { items: items.map(({ view }) => view), next };
}

function matches(view: ConnectionView, filters: ConnectionQuery['filters']): boolean {
  const { user, address, client, topic, ref, node } = filters;
  return (
    (user === undefined || view.user === user) &&
    (address === undefined || view.address === address) &&
    (client === undefined || view.client === client) &&
    (ref === undefined || view.ref === ref.toUpperCase()) &&
    (node === undefined || view.node === node) &&
    (topic === undefined || view.topics.includes(topic))
  );
}

/** Absent values come first. Numbers and texts do not meet: a field holds one kind. */
function keyOf(view: ConnectionView, field: string): SortKey {
  const value = view[field as keyof ConnectionView];
  return typeof value === 'number' || typeof value === 'string' ? value : '';
}

function compare(leftKey: SortKey, leftId: string, rightKey: SortKey, rightId: string): number {
  if (leftKey === rightKey) return leftId < rightId ? -1 : leftId > rightId ? 1 : 0;
  if (leftKey === '') return -1;
  if (rightKey === '') return 1;
  return leftKey < rightKey ? -1 : 1;
}

function encodeCursor(key: SortKey, id: string): string {
  return Buffer.from(JSON.stringify([key, id])).toString('base64url');
}

function decodeCursor(cursor: string): { readonly key: SortKey; readonly id: string } {
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
