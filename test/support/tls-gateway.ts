import { createSecretKey } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { WebSocket } from 'ws';
import { Authority, type Certificate, put } from './certificates.js';
import { startGateway, TEST_API_KEY, TEST_JWT_SECRET, type TestGateway } from './gateway.js';
import { signToken } from './tokens.js';

const EVERYTHING = { topics: { subscribe: ['*'], publish: ['*'] } };

export interface TlsAnswer {
  readonly status: number;
  readonly body: { readonly code: string; readonly message: string; readonly data: never };
}

/** A gateway whose public port speaks TLS, with a certificate of its own authority. */
export class TlsGateway {
  static async start(
    env: Readonly<Record<string, string>> = {},
    prepare?: (authority: Authority, directory: string) => void,
  ): Promise<TlsGateway> {
    const directory = await mkdtemp(join(tmpdir(), 'waybill-tls-'));
    const authority = Authority.create('Waybill test authority');
    const certificate = authority.issue({ names: ['IP:127.0.0.1', 'DNS:localhost'] });
    const files = { cert: put(join(directory, 'server.pem'), certificate.cert), key: put(join(directory, 'server.key'), certificate.key) };
    prepare?.(authority, directory);
    const placed = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value.replace('<dir>', directory)]));
    const gateway = await startGateway({ env: { WAYBILL_TLS_CERT_FILE: files.cert, WAYBILL_TLS_KEY_FILE: files.key, ...placed } });
    return new TlsGateway(gateway, authority, directory, files);
  }

  private constructor(
    readonly gateway: TestGateway,
    readonly authority: Authority,
    readonly directory: string,
    readonly files: { readonly cert: string; readonly key: string },
  ) {}

  get port(): number {
    return this.gateway.port;
  }

  /** What a client needs to trust the gateway, and to be somebody by certificate. */
  trust(client?: Certificate): ConnectionOptions {
    return { ca: this.authority.certificate, host: '127.0.0.1', port: this.port, ...(client && { cert: client.cert, key: client.key }) };
  }

  token(user = 'alice', claims: object = EVERYTHING): Promise<string> {
    return signToken({ key: createSecretKey(Buffer.from(TEST_JWT_SECRET)), claims: { sub: user, ...claims } });
  }

  /** A REST call by HTTP/1.1 on a connection of its own; with the API key unless `headers` say otherwise. */
  async rest(
    path: string,
    headers: Readonly<Record<string, string>> = { authorization: `Bearer ${TEST_API_KEY}` },
    client?: Certificate,
  ): Promise<TlsAnswer> {
    const call = request({ ...this.trust(client), path, headers, agent: false });
    call.end();
    const [answer] = (await once(call, 'response')) as [IncomingMessage];
    let text = '';
    for await (const chunk of answer) text += String(chunk);
    return { status: answer.statusCode ?? 0, body: JSON.parse(text) as TlsAnswer['body'] };
  }

  /** A WebSocket that is open; rejects where it does not open. */
  async socket(token: string | undefined, client?: Certificate): Promise<WebSocket> {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const { ca, cert, key } = this.trust(client);
    const socket = new WebSocket(`wss://127.0.0.1:${this.port}/ws`, 'waybill.v1', { headers, ca, ...(cert && { cert, key }) });
    await once(socket, 'open');
    return socket;
  }

  /** A TLS connection that has shaken hands; rejects with the alert's code where it was refused, in TLS 1.3 after the handshake too. */
  async handshake(options: ConnectionOptions = {}): Promise<TLSSocket> {
    const socket = connect({ ...this.trust(), ...options });
    await once(socket, 'secureConnect');
    return socket;
  }

  async stop(): Promise<void> {
    await this.gateway.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}
