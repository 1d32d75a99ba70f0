import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Authority } from '../../test/support/certificates.js';
import { certificateIdentity, type NameKind } from './certificate-identity.js';

const authority = Authority.create('Test CA');
const identity = (kind: NameKind, ...names: string[]): string => {
  const { cert } = authority.issue({ subject: 'waybill:user:common-name', names });
  return certificateIdentity(new X509Certificate(cert), kind).id;
};

describe('the identity of a certificate', () => {
  it.each<readonly [NameKind, readonly string[], string]>([
    ['uri', ['URI:waybill:user:alice'], 'alice'],
    ['uri', ['DNS:a.example', 'URI:spiffe://a/b', 'URI:waybill:user:alice'], 'alice'],
    ['uri', ['URI:waybill:user:a%20b%2Cc'], 'a b,c'],
    ['uri', ['URI:waybill:key:billing'], 'key:billing'],
    ['uri', ['URI:waybill:operator:olga'], 'operator:olga'],
    ['dns', ['DNS:pump-7.plant.example', 'URI:waybill:user:alice'], 'pump-7.plant.example'],
    ['email', ['email:alice@example.com'], 'alice@example.com'],
  ])('is by %s of %j: %s', (kind, names, expected) => {
    expect(identity(kind, ...names)).toBe(expected);
  });

  it.each<readonly [NameKind, readonly string[], RegExp]>([
    ['uri', [], /no URI/],
    ['uri', ['DNS:alice'], /no URI/],
    ['dns', [], /no DNS/],
    ['uri', ['URI:waybill:user:alice', 'URI:waybill:user:bob'], /more than one/],
    ['dns', ['DNS:a.example', 'DNS:b.example'], /more than one/],
    ['dns', ['DNS:*.example'], /not allowed/],
    ['uri', ['URI:waybill:user:key%3Aadmin'], /not allowed/],
    ['uri', ['URI:waybill:user:%00'], /not allowed/],
    ['uri', ['URI:waybill:user:%zz'], /not allowed/],
    ['uri', ['URI:waybill:root:alice'], /not waybill:user/],
    // One name that holds what looks like another: the list is written with commas.
    ['uri', ['DNS:a, URI:waybill:user:alice'], /no URI/],
    ['dns', ['email:x, DNS:alice'], /no DNS/],
  ])('is refused by %s of %j', (kind, names, message) => {
    expect(() => identity(kind, ...names)).toThrow(message);
  });
});
