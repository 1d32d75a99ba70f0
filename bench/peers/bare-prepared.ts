/** The floor of P2: each message is framed once, and that frame is written to each subscriber. */
import { serveBare } from './bare-server.ts';
import { textFrame } from './text-frame.ts';

serveBare((message, subscribers) => {
  const frame = textFrame(message);
  for (const { socket } of subscribers) socket.write(frame);
});
