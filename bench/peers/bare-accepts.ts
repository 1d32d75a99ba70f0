/**
 * What the gateway's accepts and idle connections are measured against: `ws` as it comes, with nobody authenticated. It keeps its own
 * list of clients, one entry of a map for each connection, and says one frame at the connection.
 */
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { answerAsPeer } from './peer.ts';

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, clientTracking: true, perMessageDeflate: false });
const connections = new Map<number, WebSocket>();
let number = 0;

server.on('connection', (socket) => {
  const id = (number += 1);
  connections.set(id, socket);
  // A reset is how the load ends its connections.
  socket.on('error', () => undefined);
  socket.on('close', () => connections.delete(id));
  socket.send(JSON.stringify({ version: '1', action: 'welcome', timestamp: Date.now(), data: { connection_id: id } }));
});
server.once('listening', () =>
  answerAsPeer(
    () => (server.address() as AddressInfo).port,
    () => connections.size,
  ),
);
