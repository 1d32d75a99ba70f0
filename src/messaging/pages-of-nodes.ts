import { encodeCursor, pageOf, placeIn } from './connection-page.js';
import type { ConnectionPage, ConnectionQuery } from './gateway-control.js';
import type { ConnectionSpan } from './ledger/ledger-reader.js';

/**
 * One page of the pages that several nodes gave of the same query. Each node's page is as long as this one may be, so what this one needs is in them;
 * a cursor is a place in the order, whoever answered first, so that none is skipped or repeated. A node that goes away between two pages takes its
 * connections with it, and the rest goes on behind the same place.
 */
export function pageOfNodes(pages: readonly ConnectionPage[], query: ConnectionQuery & ConnectionSpan): ConnectionPage {
  const [only] = pages;
  if (only !== undefined && pages.length === 1) return only;
  return withMore(
    pageOf(
      pages.flatMap(({ items }) => items),
      query,
    ),
    pages.some(({ next }) => next !== undefined),
    query,
  );
}

/** @param isMore whether there is more behind what the page was made of. */
export function withMore({ items, next }: ConnectionPage, isMore: boolean, query: ConnectionQuery & ConnectionSpan): ConnectionPage {
  const last = items.at(-1);
  if (next !== undefined || !isMore || last === undefined) return { items, next };
  const { key, id } = placeIn(query).of(last);
  return { items, next: encodeCursor(key, id) };
}
