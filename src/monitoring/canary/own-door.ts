import { once } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';

/**
 * A second way to the server of the public port, for this process alone. Where several processes listen on one port the kernel chooses who
 * gets a connection, and a canary must not sing in another's cage.
 */
export class OwnDoor {
  private listener: Server | undefined;
  private opening: Promise<AddressInfo | null> | undefined;

  /** Where the server is reached from now on: a free port of the loopback. */
  open(server: HttpServer): Promise<AddressInfo | null> {
    return (this.opening ??= this.listen(server));
  }

  close(): void {
    this.listener?.close();
    this.listener = undefined;
    this.opening = undefined;
  }

  private async listen(server: HttpServer): Promise<AddressInfo | null> {
    // For TLS too: the handshake begins with whatever connection a server is handed.
    const listener = createServer((socket) => void server.emit('connection', socket));
    this.listener = listener;
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    listener.unref();
    return listener.address() as AddressInfo | null;
  }
}
