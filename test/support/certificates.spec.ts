import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { expect, it } from 'vitest';
import { Authority } from './certificates.js';

it('makes certificates that OpenSSL reads, and revocation lists that it takes', () => {
  const authority = Authority.create('Test CA');
  const issued = authority.issue({ names: ['DNS:localhost', 'IP:127.0.0.1', 'URI:waybill:user:alice'] });
  const certificate = new X509Certificate(issued.cert);
  expect(certificate.verify(new X509Certificate(authority.certificate).publicKey)).toBe(true);
  expect(certificate.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1, URI:waybill:user:alice');
  const list = authority.revocationList([issued.serial]);
  expect(() => createSecureContext({ cert: issued.cert, key: issued.key, ca: authority.certificate, crl: list })).not.toThrow();
  expect(() => createSecureContext({ crl: list.slice(0, 100) })).toThrow('CRL');
});
