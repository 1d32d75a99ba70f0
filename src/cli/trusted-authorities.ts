import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { UsageError } from './exit-codes.js';

let trusted: string | undefined;

/** The file that was named, for processes that this one starts. */
export function trustedFile(): string | undefined {
  return trusted;
}

/** Trusts the authorities of a PEM file beside those of the system, in this process. Throws `UsageError`. */
export function trustAuthorities(path: string): void {
  let pem: string;
  try {
    pem = readFileSync(path, 'utf8');
    void new X509Certificate(pem);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UsageError(
      `--ca ${path} cannot be used (${code ?? message}). Name a PEM file with the certificate of the gateway's authority.`,
    );
  }
  setDefaultCACertificates([...getCACertificates('default'), pem]);
  trusted = path;
}

const UNTRUSTED = /^(?:SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_|CERT_|ERR_TLS_CERT_ALTNAME_INVALID)/;

/** The code of the certificate problem that a call failed for, wherever among its causes it stands; undefined: it failed for something else. */
export function certificateProblem(thrown: unknown): string | undefined {
  for (let cause = thrown; cause instanceof Error; cause = cause.cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== undefined && UNTRUSTED.test(code)) return code;
  }
  return undefined;
}
