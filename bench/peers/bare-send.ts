/** What a first version of any fan-out looks like: `send` in a loop. */
import { serveBare } from './bare-server.ts';

serveBare((message, subscribers) => {
  for (const { webSocket } of subscribers) webSocket.send(message, { binary: false });
});
