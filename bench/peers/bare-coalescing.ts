/** The floor of P1: what was published within a turn of the event loop leaves in one write to each subscriber, framed once. */
import { serveBare } from './bare-server.ts';
import { textFrame } from './text-frame.ts';

let frames: Buffer[] = [];

serveBare((message, subscribers) => {
  frames.push(textFrame(message));
  if (frames.length > 1) return;
  setImmediate(() => {
    const bytes = Buffer.concat(frames);
    frames = [];
    for (const { socket } of subscribers) socket.write(bytes);
  });
});
