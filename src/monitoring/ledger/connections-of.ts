import type { ConnectionView } from '../../messaging/gateway-control.js';
import type { Sources } from './ledger-sources.js';

/** Asked for at once; a page has hundreds, and each is one row by its key. */
const AT_ONCE = 8;

/** Connections by id, open on any node or closed; those that left no record are not among them. */
export async function connectionsOf(
  { gateway, reader, others }: Sources,
  ids: Iterable<string>,
): Promise<ReadonlyMap<string, ConnectionView>> {
  const found = new Map<string, ConnectionView>();
  const unknown: string[] = [];
  for (const id of new Set(ids)) {
    const view = gateway.connection(id);
    if (view === undefined) unknown.push(id);
    else found.set(id, view);
  }
  for (const view of await others.connections(unknown)) found.set(view.id, view);
  const missing = unknown.filter((id) => !found.has(id));
  for (let begin = 0; begin < missing.length; begin += AT_ONCE) {
    const records = await Promise.all(missing.slice(begin, begin + AT_ONCE).map((id) => reader.closedConnection(id)));
    for (const record of records) if (record !== undefined) found.set(record.view.id, record.view);
  }
  return found;
}
