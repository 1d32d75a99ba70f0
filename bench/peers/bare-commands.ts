/**
 * What the gateway's commands are measured against: `ws` as it comes, and the least that any program does which answers commands. It
 * parses the frame, looks its action up, and sends a reply of the same shape.
 */
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { answerAsPeer } from './peer.ts';

interface Frame {
  readonly msg_id: string;
  readonly action: string;
  readonly data: object;
}

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
const handlers = new Map<string, (data: object) => object>([['ping', (data) => ({ ...data, server_time: Date.now() })]]);

server.on('connection', (socket) => {
  socket.on('error', () => undefined);
  socket.on('message', (bytes) => answer(socket, JSON.parse((bytes as Buffer).toString()) as Frame));
  socket.send(JSON.stringify({ version: '1', action: 'welcome', timestamp: Date.now(), data: {} }));
});
server.once('listening', () =>
  answerAsPeer(
    () => (server.address() as AddressInfo).port,
    () => server.clients.size,
  ),
);

function answer(socket: WebSocket, frame: Frame): void {
  const data = handlers.get(frame.action)?.(frame.data);
  const code = data === undefined ? 'UNKNOWN_ACTION' : 'OK';
  socket.send(JSON.stringify({ version: '1', action: 'reply', reply_to: frame.msg_id, timestamp: Date.now(), code, message: code, data }));
}
