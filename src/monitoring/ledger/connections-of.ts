import type { ConnectionView } from '../../messaging/gateway-control.js';
import type { Sources } from './ledger-sources.js';

/** Asked for at once; a page has hundreds, and each is one row by its key. */
const AT_ONCE = 8;

/** Connections by id, open or closed; those that left no record are not among them. */
export async function connectionsOf({ gateway, reader }: Sources, ids: Iterable<string>): Promise<ReadonlyMap<string, ConnectionView>> {
  const found = new Map<string, ConnectionView>();
  const missing: string[] = [];
  for (const id of new Set(ids)) {
    const view = gateway.connection(id);
    if (view === undefined) missing.push(id);
    else found.set(id, view);
  }
  for (let begin = 0; begin < missing.length; begin += AT_ONCE) {
    const records = await Promise.all(missing.slice(begin, begin + AT_ONCE).map((id) => reader.closedConnection(id)));
    for (const record of records) if (record !== undefined) found.set(record.view.id, record.view);
  }
  return found;
}
