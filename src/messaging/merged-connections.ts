import { decodeCursor, encodeCursor, pageOf, placeIn } from './connection-page.js';
import type { ConnectionPage, ConnectionQuery, ConnectionView } from './gateway-control.js';
import type { ConnectionSpan } from './ledger/ledger-reader.js';

/**
 * One page of what memory holds and what is recorded. A connection that is in both stands there once, as memory has it. `recorded` is a
 * page of the same query. A page of it that ends early, since the search has looked at enough, ends this one there too: what memory has
 * beyond is for the next.
 */
export function mergedPage(
  remembered: readonly ConnectionView[],
  recorded: ConnectionPage,
  query: ConnectionQuery & ConnectionSpan,
): ConnectionPage {
  const known = new Set(remembered.map(({ id }) => id));
  const page = pageOf([...remembered, ...recorded.items.filter(({ id }) => !known.has(id))], query);
  if (recorded.next === undefined) return page;
  const place = placeIn(query);
  const end = decodeCursor(recorded.next);
  const items = page.items.filter((view) => place.compare(place.of(view), end) <= 0);
  const last = items.at(-1);
  if (last === undefined || items.length < query.limit) return { items, next: recorded.next };
  const { key, id } = place.of(last);
  return { items, next: encodeCursor(key, id) };
}
