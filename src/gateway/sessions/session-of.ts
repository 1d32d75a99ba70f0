import type { Session } from '../../messaging/session-store.js';
import type { Connection } from '../ws/connection.js';

/** A connection's session as it stands now. */
export function sessionOf(id: string, connection: Connection): Session {
  const topics = connection.services.subscriptions.standingsOf(connection);
  return { id, user: connection.principal.id, connection: connection.id, topics };
}
