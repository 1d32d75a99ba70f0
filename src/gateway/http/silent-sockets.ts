import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Sockets from which no whole head of a request has come. Nobody waits for an answer on them, yet Node neither counts them as idle
 * nor looks at their timeouts once a server is closing: one of them would hold up the stop for as long as it likes.
 */
export class SilentSockets {
  private readonly sockets = new Set<Socket>();

  constructor(server: Server) {
    const forget = ({ socket }: IncomingMessage): void => void this.sockets.delete(socket);
    server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
    server.on('request', forget);
    server.on('upgrade', forget);
  }

  /** Cuts them off. */
  destroy(): void {
    for (const socket of this.sockets) socket.destroy();
    this.sockets.clear();
  }
}
