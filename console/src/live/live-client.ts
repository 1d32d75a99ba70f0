import { WaybillClient } from '@waybill/client';
import { send } from '../api/request.ts';
import { onSignedOut } from '../api/session-state.ts';

interface Ticket {
  readonly ticket: string;
}

let client: WaybillClient | undefined;

/** The page's one socket, opened when the first screen needs it: through our own client and the ordinary door, with a ticket of the session. */
export function liveClient(): WaybillClient {
  client ??= new WaybillClient(window.location.origin, {
    token: { ticket: async () => (await send<Ticket>('POST', 'ops/session/ticket')).ticket },
    clientName: 'waybill-console/0.1.0',
  });
  return client;
}

/** The socket ends with the session. */
onSignedOut(() => {
  client?.close();
  client = undefined;
});
