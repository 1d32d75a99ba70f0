import type { KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Answer = (response: ServerResponse) => void;

/** An issuer's key set on a real HTTP server. Counts who asks; `answer` makes it misbehave. */
export class JwksServer {
  keys: readonly object[] = [];
  requests = 0;
  /** Answers instead of the key set. */
  answer: Answer | undefined;

  private constructor(private readonly server: Server) {
    server.on('request', (_request, response) => {
      this.requests += 1;
      if (this.answer !== undefined) this.answer(response);
      else response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: this.keys }));
    });
  }

  static async start(): Promise<JwksServer> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new JwksServer(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/jwks.json`;
  }

  /** From now on nobody can connect; resolves when the port is free. */
  async stop(): Promise<void> {
    this.server.closeAllConnections();
    if (!this.server.listening) return;
    this.server.close();
    await once(this.server, 'close');
  }
}

/** A public key as a member of a key set. */
export function jwkOf(publicKey: KeyObject, members: Readonly<Record<string, unknown>> = {}): object {
  return { ...publicKey.export({ format: 'jwk' }), use: 'sig', ...members };
}
