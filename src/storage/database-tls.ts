import { accessSync, constants } from 'node:fs';
import { StorageStartError } from './start-error.js';

const UNTRUSTED =
  'its certificate is not from an authority that is trusted here; name the right one with sslrootcert=<PEM file> in DATABASE_URL, and ask who answers at that address if it should be the right one';

/** What OpenSSL says of a certificate that will not become better by waiting, and what to do. */
const REMEDIES: Readonly<Record<string, string>> = {
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  CERT_SIGNATURE_FAILURE: UNTRUSTED,
  CERT_UNTRUSTED: UNTRUSTED,
  CERT_REVOKED: 'its certificate was revoked; give the server a new one',
  CERT_HAS_EXPIRED: 'its certificate has expired; give the server a new one',
  CERT_NOT_YET_VALID: "its certificate is not valid yet; correct this machine's clock or the server's certificate",
  ERR_TLS_CERT_ALTNAME_INVALID:
    "its certificate is for another name; write the host in DATABASE_URL as the certificate does, or add the name to the server's certificate",
};

/** The answer of `pg` where the server will not encrypt; it has no code. */
const NO_TLS = 'The server does not support SSL connections';

/** What to do about a connection that failed for its TLS, as the end of a sentence; undefined: it failed for something else. */
export function tlsRemedy(error: unknown): string | undefined {
  const { code, message } = error as NodeJS.ErrnoException;
  if (message === NO_TLS)
    return 'switch TLS on there (ssl = on in postgresql.conf), or take sslmode out of DATABASE_URL on a network you trust';
  return REMEDIES[code ?? ''];
}

/** The files that a database URL names for TLS. Throws `StorageStartError` where one cannot be read; `pg` would tell of it without a name. */
export function requireTlsFiles(url: string): void {
  const { searchParams } = new URL(url);
  for (const name of ['sslrootcert', 'sslcert', 'sslkey']) {
    const path = searchParams.get(name);
    if (path === null) continue;
    try {
      accessSync(path, constants.R_OK);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new StorageStartError(
        `DATABASE_URL: ${name} names ${path}, which cannot be read (${String(code)}). Name a PEM file that this process may read.`,
      );
    }
  }
}
