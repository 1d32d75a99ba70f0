import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ConnectionOptions, Server as TlsServer } from 'node:tls';
import type { ConfigValues } from '../../config/schema.js';
import { CanaryTrouble } from './canary-result.js';

/** Addresses that mean all of this machine's; the loopback is one of them. */
const ANY_ADDRESS: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/** Where the public port is reached without leaving this machine. */
export interface Loopback {
  /** Without a path: `ws://127.0.0.1:8080`. */
  readonly origin: string;
  /** For TLS; empty without. */
  readonly tls: ConnectionOptions;
}

/**
 * Throws `CanaryTrouble` where the port does not listen, or asks for a certificate that the canary does not have.
 *
 * @param bound where the server is reached; null while it is not.
 */
export function loopbackTo(
  server: Server,
  bound: AddressInfo | null,
  config: Pick<ConfigValues, 'tls' | 'monitoring'>,
  chain: ConnectionOptions['cert'],
): Loopback {
  if (bound === null) throw new CanaryTrouble('skipped', 'connect', 'the public port does not listen');
  const address = ANY_ADDRESS[bound.address] ?? bound.address;
  const host = bound.family === 'IPv6' ? `[${address}]` : address;
  if (!(server instanceof TlsServer)) return { origin: `ws://${host}:${bound.port}`, tls: {} };
  return { origin: `wss://${host}:${bound.port}`, tls: tlsOptions(config, chain) };
}

/**
 * The certificate that is served must be the one that this node has loaded, and in its time. Its names are those that clients know the node
 * by, which the loopback is not.
 */
function tlsOptions({ tls, monitoring }: Pick<ConfigValues, 'tls' | 'monitoring'>, chain: ConnectionOptions['cert']): ConnectionOptions {
  const { canaryCertFile, canaryKeyFile } = monitoring;
  if (tls.clientCert === 'required' && (canaryCertFile === undefined || canaryKeyFile === undefined)) {
    throw new CanaryTrouble(
      'skipped',
      'connect',
      'this port asks every client for a certificate (tls.clientCert), and the canary has none: set WAYBILL_CANARY_CERT_FILE and WAYBILL_CANARY_KEY_FILE',
    );
  }
  const own = chain === undefined ? {} : { ca: chain };
  const trust = { ...own, allowPartialTrustChain: true, checkServerIdentity: () => undefined, ALPNProtocols: ['http/1.1'] };
  if (canaryCertFile === undefined || canaryKeyFile === undefined) return trust;
  try {
    return { ...trust, cert: readFileSync(canaryCertFile), key: readFileSync(canaryKeyFile) };
  } catch (error) {
    throw new CanaryTrouble('skipped', 'connect', `the canary's certificate cannot be read: ${(error as Error).message}`);
  }
}
