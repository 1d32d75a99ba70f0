import type { Server } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { Refusal } from '../../protocol/refusal.js';
import { refusalMessage } from '../http/client-error.js';
import { showedBadCertificate } from './client-certificate.js';

/** What OpenSSL says to a peer that speaks HTTP where TLS begins. */
const SPOKE_HTTP = 'ERR_SSL_HTTP_REQUEST';

/**
 * Connections whose TLS handshake is under way: what fails there is ended, with an answer for those who forgot the `s` of `https`, and
 * a server that stops need not wait for the rest.
 */
export class TlsHandshakes {
  private readonly underWay = new Map<string, Socket>();

  /** Takes the server as it is: listeners for its connections that are added later do not wait for the judgement. */
  constructor(server: Server) {
    // Node's own listener takes them for broken HTTP and would write an answer where nothing can be written yet.
    server.removeAllListeners('tlsClientError');
    server.on('connection', (socket: Socket) => this.began(socket));
    const accepting = server.listeners('secureConnection') as ((socket: TLSSocket) => void)[];
    server.removeAllListeners('secureConnection');
    server.on('secureConnection', (socket: TLSSocket) => {
      this.underWay.delete(keyOf(socket));
      if (showedBadCertificate(socket)) return this.refuse(server, socket);
      for (const accept of accepting) accept.call(server, socket);
    });
    server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) => this.failed(error, socket));
  }

  /** Cuts them off. */
  destroy(): void {
    for (const socket of this.underWay.values()) socket.destroy();
    this.underWay.clear();
  }

  private began(socket: Socket): void {
    const key = keyOf(socket);
    this.underWay.set(key, socket);
    socket.once('close', () => {
      if (this.underWay.get(key) === socket) this.underWay.delete(key);
    });
  }

  private refuse(server: Server, socket: TLSSocket): void {
    socket.on('error', () => undefined);
    server.emit('tlsClientError', new Error('the client certificate is not good'), socket);
  }

  private failed(error: NodeJS.ErrnoException, socket: TLSSocket): void {
    const plain = this.underWay.get(keyOf(socket));
    if (error.code === SPOKE_HTTP && plain?.writable === true) {
      plain.write(refusalMessage(Refusal.badRequest('scheme', 'this port speaks TLS: use https:// or wss://')));
    }
    socket.destroy();
  }
}

/** The TCP connection and the TLS object over it are different objects with the same peer. */
function keyOf({ remoteAddress, remotePort }: Socket): string {
  return `${String(remoteAddress)}|${String(remotePort)}`;
}
