import '../rig/end-with-parent.ts';
import type { AddressInfo, Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

/** A connection that subscribed: the WebSocket, and the TCP socket under it. */
export interface BareSubscriber {
  readonly webSocket: WebSocket;
  readonly socket: Socket;
}

/**
 * A bare `ws` server with nothing around it: who connects to `/subscribe` is a subscriber, and every message of another connection
 * is published. Prints its port as a line of JSON when it listens.
 */
export function serveBare(publish: (message: Buffer, subscribers: ReadonlySet<BareSubscriber>) => void): void {
  const subscribers = new Set<BareSubscriber>();
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
  server.on('connection', (webSocket, { url, socket }) => {
    if (url === '/subscribe') {
      const subscriber = { webSocket, socket };
      subscribers.add(subscriber);
      webSocket.once('close', () => subscribers.delete(subscriber));
    } else {
      webSocket.on('message', (message: Buffer) => publish(message, subscribers));
    }
  });
  server.on('listening', () => process.stdout.write(`${JSON.stringify({ port: (server.address() as AddressInfo).port })}\n`));
}
