import { constants, createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { ConfigError } from '../config/config-error.js';
import type { ConfigValues } from '../config/schema.js';
import { SUITES } from './suites.js';

type TlsConfig = ConfigValues['tls'];

/** What the files of the TLS options hold, checked. */
export interface TlsFiles {
  /** Everything that a `SecureContext` is made of. */
  readonly context: SecureContextOptions;
  /** When the server's certificate ends, milliseconds since the epoch. */
  readonly expiresAt: number;
  /** SHA-256 over all files: whether anything changed. Tells nothing of what they hold. */
  readonly digest: string;
}

/** Reads and checks the files. Undefined: no certificate is configured. Throws `ConfigError` with a sentence for the first thing that is wrong. */
export function readTlsFiles(tls: TlsConfig): TlsFiles | undefined {
  if (tls.certFile === undefined || tls.keyFile === undefined) return undefined;
  const cert = read('WAYBILL_TLS_CERT_FILE', tls.certFile);
  const key = read('WAYBILL_TLS_KEY_FILE', tls.keyFile);
  const certificate = readCertificate('WAYBILL_TLS_CERT_FILE', tls.certFile, cert);
  requireInTime(certificate, tls.certFile);
  requireKey(certificate, key, tls);
  const ca = tls.clientCaFile === undefined ? undefined : read('WAYBILL_TLS_CLIENT_CA_FILE', tls.clientCaFile);
  if (ca !== undefined) readCertificate('WAYBILL_TLS_CLIENT_CA_FILE', tls.clientCaFile as string, ca);
  const crl = tls.clientCrlFile === undefined ? undefined : read('WAYBILL_TLS_CLIENT_CRL_FILE', tls.clientCrlFile);
  const context: SecureContextOptions = {
    cert,
    key,
    minVersion: tls.minVersion,
    ciphers: SUITES,
    honorCipherOrder: true,
    // Renegotiation exists only below TLS 1.3 and costs the server far more than the client.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    ...(tls.keyPassphrase !== undefined && { passphrase: tls.keyPassphrase }),
    ...(ca !== undefined && { ca }),
    ...(crl !== undefined && { crl }),
  };
  requireContext(context, tls);
  const digest = createHash('sha256');
  for (const part of [cert, key, ca, crl]) digest.update(`${part?.length ?? 0}:`).update(part ?? '');
  return { context, expiresAt: Date.parse(certificate.validTo), digest: digest.digest('hex') };
}

function read(option: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new ConfigError([`${option}: ${path} cannot be read (${code ?? message}). Name a PEM file that this process may read.`]);
  }
}

function readCertificate(option: string, path: string, pem: Buffer): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new ConfigError([`${option}: ${path} does not begin with a certificate in PEM form. Name the right file, or write it anew.`]);
  }
}

function requireInTime(certificate: X509Certificate, path: string): void {
  const { validFrom, validTo } = certificate;
  if (Date.parse(validTo) <= Date.now()) {
    throw new ConfigError([`WAYBILL_TLS_CERT_FILE: the certificate in ${path} expired on ${validTo}. Get a new one.`]);
  }
  if (Date.parse(validFrom) > Date.now()) {
    throw new ConfigError([
      `WAYBILL_TLS_CERT_FILE: the certificate in ${path} is not valid before ${validFrom}. Wait, or correct this machine's clock.`,
    ]);
  }
}

function requireKey(certificate: X509Certificate, pem: Buffer, { keyFile, keyPassphrase, certFile }: TlsConfig): void {
  let key;
  try {
    key = createPrivateKey({ key: pem, ...(keyPassphrase !== undefined && { passphrase: keyPassphrase }) });
  } catch (error) {
    const { code = 'not PEM' } = error as NodeJS.ErrnoException;
    throw new ConfigError([
      `WAYBILL_TLS_KEY_FILE: ${String(keyFile)} holds no private key that can be read (${code}). Name the right file; an encrypted key needs WAYBILL_TLS_KEY_PASSPHRASE.`,
    ]);
  }
  if (certificate.checkPrivateKey(key)) return;
  throw new ConfigError([
    `WAYBILL_TLS_KEY_FILE: ${String(keyFile)} is not the key of the certificate in ${String(certFile)}. Name the two that belong together.`,
  ]);
}

/** The last word is the library's own, on chains, revocation lists and what it holds too weak. */
function requireContext(context: SecureContextOptions, { clientCrlFile }: TlsConfig): void {
  try {
    createSecureContext(context);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const crl = clientCrlFile === undefined ? '' : ` or the revocation list in ${clientCrlFile} (WAYBILL_TLS_CLIENT_CRL_FILE)`;
    throw new ConfigError([
      `WAYBILL_TLS_CERT_FILE: the certificate with its key${crl} cannot be used (${code ?? message}). Check that each file is whole and in PEM form.`,
    ]);
  }
}
