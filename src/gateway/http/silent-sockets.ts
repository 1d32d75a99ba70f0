import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { Server as TlsServer, type TLSSocket } from 'node:tls';

/**
 * Sockets from which no whole head of a request has come. Nobody waits for an answer on them, yet Node neither counts them as idle
 * nor looks at their timeouts once a server is closing: one of them would hold up the stop for as long as it likes.
 */
export class SilentSockets {
  private readonly sockets = new Set<Socket>();

  constructor(server: Server) {
    const forget = ({ socket }: IncomingMessage): void => void this.sockets.delete(socket);
    // Under TLS requests come on another object than the TCP connection; those whose handshake is under way are `TlsHandshakes`' to cut off.
    server.on(server instanceof TlsServer ? 'secureConnection' : 'connection', (socket: Socket | TLSSocket) => {
      if ('alpnProtocol' in socket && socket.alpnProtocol === 'h2') return;
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
