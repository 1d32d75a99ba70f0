import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { dirname } from 'node:path';

/** Makes certificates where they are tested, so that no key lies in the repository: X.509 version 3 with P-256 (RFC 5280), as DER by hand. */
export class Authority {
  private serials = 1;

  private constructor(
    readonly name: string,
    private readonly key: KeyObject,
    readonly certificate: string,
  ) {}

  static create(name: string): Authority {
    const { privateKey, publicKey } = keyPair();
    const extensions = [
      extension('2.5.29.19', true, sequence(tlv(0x01, Buffer.of(0xff)))),
      extension('2.5.29.15', true, tlv(0x03, Buffer.of(1, 0x06))),
    ];
    const signed = signedCertificate({ issuer: name, subject: name, serial: 1, publicKey, key: privateKey, extensions, ...validity({}) });
    return new Authority(name, privateKey, pem('CERTIFICATE', signed));
  }

  /** A certificate for servers and clients. */
  issue({ subject = 'waybill test', names = [], ...times }: CertificateWish = {}): Certificate {
    const { privateKey, publicKey } = keyPair();
    const serial = (this.serials += 1);
    const extensions = [
      extension('2.5.29.15', true, tlv(0x03, Buffer.of(7, 0x80))),
      extension('2.5.29.37', false, sequence(oid('1.3.6.1.5.5.7.3.1'), oid('1.3.6.1.5.5.7.3.2'))),
      ...(names.length === 0 ? [] : [extension('2.5.29.17', false, sequence(...names.map(alternativeName)))]),
    ];
    const der = signedCertificate({ issuer: this.name, subject, serial, publicKey, key: this.key, extensions, ...validity(times) });
    return { serial, cert: pem('CERTIFICATE', der), key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
  }

  /** The revocation list (RFC 5280 section 5), good for a day. */
  revocationList(serials: readonly number[]): string {
    const now = new Date();
    const revoked = serials.map((serial) => sequence(integer(serial), time(now)));
    const list = sequence(
      integer(1),
      ECDSA_SHA256,
      distinguishedName(this.name),
      time(new Date(now.getTime() - 60_000)),
      time(new Date(now.getTime() + DAY_MS)),
      ...(revoked.length === 0 ? [] : [sequence(...revoked)]),
      tlv(0xa0, sequence(extension('2.5.29.20', false, integer(this.serials)))),
    );
    return pem('X509 CRL', signedBy(this.key, list));
  }
}

export interface Certificate {
  readonly serial: number;
  readonly cert: string;
  readonly key: string;
}

interface CertificateWish {
  readonly subject?: string;
  /** Subject alternative names: `DNS:localhost`, `IP:127.0.0.1`, `URI:waybill:user:alice`, `email:a@example.com`. */
  readonly names?: readonly string[];
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

const DAY_MS = 86_400_000;

/** Writes a file, and the folder that it stands in. */
export function put(path: string, content: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

function keyPair(): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { privateKey, publicKey: createPublicKey(privateKey) };
}

function validity({ notBefore, notAfter }: Pick<CertificateWish, 'notBefore' | 'notAfter'>): { readonly from: Date; readonly to: Date } {
  return { from: notBefore ?? new Date(Date.now() - DAY_MS), to: notAfter ?? new Date(Date.now() + 30 * DAY_MS) };
}

interface CertificateParts {
  readonly issuer: string;
  readonly subject: string;
  readonly serial: number;
  readonly publicKey: KeyObject;
  readonly key: KeyObject;
  readonly extensions: readonly Buffer[];
  readonly from: Date;
  readonly to: Date;
}

function signedCertificate({ issuer, subject, serial, publicKey, key, extensions, from, to }: CertificateParts): Buffer {
  const body = sequence(
    tlv(0xa0, integer(2)),
    integer(serial),
    ECDSA_SHA256,
    distinguishedName(issuer),
    sequence(time(from), time(to)),
    distinguishedName(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, sequence(...extensions)),
  );
  return signedBy(key, body);
}

function signedBy(key: KeyObject, body: Buffer): Buffer {
  return sequence(body, ECDSA_SHA256, tlv(0x03, Buffer.of(0), sign('sha256', body, key)));
}

function alternativeName(name: string): Buffer {
  const colon = name.indexOf(':');
  const [kind, value] = [name.slice(0, colon), name.slice(colon + 1)];
  if (kind === 'IP') return tlv(0x87, isIPv4(value) ? Buffer.from(value.split('.').map(Number)) : Buffer.alloc(16));
  const tag = { email: 0x81, DNS: 0x82, URI: 0x86 }[kind];
  if (tag === undefined) throw new Error(`no such kind of name: ${name}`);
  return tlv(tag, Buffer.from(value, 'latin1'));
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return sequence(oid(id), ...(critical ? [tlv(0x01, Buffer.of(0xff))] : []), tlv(0x04, value));
}

function distinguishedName(commonName: string): Buffer {
  return sequence(tlv(0x31, sequence(oid('2.5.4.3'), tlv(0x0c, Buffer.from(commonName)))));
}

function time(date: Date): Buffer {
  return tlv(0x18, Buffer.from(date.toISOString().replace(/[-:T]|\.\d+/g, '')));
}

function integer(value: number): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return tlv(0x02, (bytes[0] as number) > 127 ? Buffer.concat([Buffer.of(0), bytes]) : bytes);
}

function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const part of rest) {
    const groups = [part & 127];
    for (let left = part >> 7; left > 0; left >>= 7) groups.unshift((left & 127) | 128);
    bytes.push(...groups);
  }
  return tlv(0x06, Buffer.from(bytes));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tlv(0x30, ...parts);
}

function tlv(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  if (length < 128) return Buffer.concat([Buffer.of(tag, length), content]);
  const size = length < 256 ? Buffer.of(0x81, length) : Buffer.of(0x82, length >> 8, length & 255);
  return Buffer.concat([Buffer.of(tag), size, content]);
}

const ECDSA_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
