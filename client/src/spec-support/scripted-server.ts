import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { type WebSocket as ServerSocket, WebSocketServer } from 'ws';

export interface Script {
  /** Called with each accepted socket, counted from 1. Default: sends `welcome`. */
  readonly accept?: (socket: ServerSocket, count: number) => void;
  /** HTTP status that the n-th upgrade is refused with; undefined lets it in. */
  readonly refuse?: (count: number) => number | undefined;
  /** Status and code that `auth/check` answers. */
  readonly check?: () => readonly [status: number, code: string];
}

/** A real server on a real port that does what a test says, right or wrong. */
export class ScriptedServer {
  upgrades = 0;
  readonly checks: (string | undefined)[] = [];
  readonly protocols: string[] = [];
  readonly #http: Server;
  readonly #sockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'waybill.v1' });
  #accepted = 0;

  private constructor(private readonly script: Script) {
    this.#http = createServer((request, response) => {
      this.checks.push(request.headers.authorization);
      const [status, code] = script.check?.() ?? [200, 'OK'];
      response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(JSON.stringify({ code, message: `scripted ${code}`, data: {} }));
    });
    this.#http.on('upgrade', (request, socket, head) => {
      this.upgrades += 1;
      this.protocols.push(String(request.headers['sec-websocket-protocol']));
      const status = this.script.refuse?.(this.upgrades);
      if (status !== undefined) return void socket.end(`HTTP/1.1 ${status} Refused\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
      this.#sockets.handleUpgrade(request, socket, head, (accepted) => this.#welcome(accepted));
    });
  }

  static async start(script: Script = {}): Promise<ScriptedServer> {
    const server = new ScriptedServer(script);
    server.#http.listen(0, '127.0.0.1');
    await once(server.#http, 'listening');
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#http.closeAllConnections();
    this.#http.close();
    await once(this.#http, 'close');
  }

  #welcome(socket: ServerSocket): void {
    this.#accepted += 1;
    if (this.script.accept === undefined) sendWelcome(socket);
    else this.script.accept(socket, this.#accepted);
  }
}

export function sendWelcome(socket: ServerSocket): void {
  const data = { connection_id: 'c', ref: 'REF', user: 'u', ping_interval_ms: 25_000, server_time: Date.now() };
  socket.send(JSON.stringify({ version: '1', action: 'welcome', data }));
}
