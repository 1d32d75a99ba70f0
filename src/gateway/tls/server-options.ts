import type { ServerOptions } from 'node:https';
import type { Config } from '../../config/config.js';
import { readTlsFiles } from '../../tls/tls-files.js';

/** Options of the public port's TLS; undefined: it speaks plain HTTP. Throws `ConfigError` where a file is not what it should be. */
export function tlsServerOptions({ tls }: Config): ServerOptions | undefined {
  const files = readTlsFiles(tls);
  if (files === undefined) return undefined;
  return {
    ...files.context,
    handshakeTimeout: tls.handshakeTimeoutMs,
    ALPNProtocols: tls.http2Streams === 0 ? ['http/1.1'] : ['h2', 'http/1.1'],
    requestCert: tls.clientCert !== 'off',
    // Where a certificate is optional, none at all is good enough, so the judgement is made after the handshake.
    rejectUnauthorized: tls.clientCert === 'required',
  };
}
