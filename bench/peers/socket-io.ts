/** Socket.IO as its documentation teaches it: whoever subscribes is in a room, and a publish is emitted to the room. */
import '../rig/end-with-parent.ts';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';

const ROOM = 'fan';

const http = createServer();
const io = new Server(http, { transports: ['websocket'] });
io.on('connection', (socket) => {
  if (socket.handshake.query['role'] === 'subscriber') void socket.join(ROOM);
  else socket.on('publish', (data: unknown) => io.to(ROOM).emit('tick', data));
});
http.listen(0, '127.0.0.1', () => process.stdout.write(`${JSON.stringify({ port: (http.address() as AddressInfo).port })}\n`));
