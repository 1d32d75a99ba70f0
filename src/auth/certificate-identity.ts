import { Refusal } from '../protocol/refusal.js';
import { userId } from './token-claims.js';

/** Which subject alternative name (RFC 5280 section 4.2.1.6) is read. */
export type NameKind = 'uri' | 'dns' | 'email';

/** Whom a client certificate names. */
export interface CertificateIdentity {
  /** As `Principal.id`: a user id, or `key:<name>` or `operator:<name>`, who need their own credential beside it. */
  readonly id: string;
  /** Whether it is a user, who may enter by the certificate alone. */
  readonly isUser: boolean;
  /** End of the certificate, milliseconds since the epoch. */
  readonly expiresAt: number;
}

const LABELS: Readonly<Record<NameKind, string>> = { uri: 'URI', dns: 'DNS', email: 'email' };
/** One name of the list, as Node writes it; a value that could be taken for several is in quotes, with escapes (CVE-2021-44531). */
const NAME = /([A-Za-z][A-Za-z ]*):(?:"((?:[^"\\]|\\.)*)"|([^,"]*))(?:, |$)/y;
const URI = /^waybill:(user|key|operator):(.+)$/;

/**
 * Whom a verified certificate names. Its subject (the common name) is never read: authorities check the alternative names. Throws
 * `UNAUTHENTICATED` where it names nobody, or more than one.
 */
export function certificateIdentity(
  { subjectAltName, validTo }: { readonly subjectAltName: string | undefined; readonly validTo: string },
  kind: NameKind,
): CertificateIdentity {
  const values = valuesOf(subjectAltName ?? '', LABELS[kind]).filter((value) => kind !== 'uri' || value.startsWith('waybill:'));
  const [value, ...others] = values;
  if (value === undefined)
    throw nobody(`has no ${kind === 'uri' ? 'URI such as waybill:user:alice' : LABELS[kind]} among its alternative names`);
  if (others.length > 0) throw nobody(`names more than one ${LABELS[kind]}, so it is not known whose it is`);
  return { ...named(value, kind), expiresAt: Date.parse(validTo) };
}

function named(value: string, kind: NameKind): Pick<CertificateIdentity, 'id' | 'isUser'> {
  if (kind !== 'uri') return { id: requireUser(value), isUser: true };
  const [, role, encoded = ''] = URI.exec(value) ?? [];
  const name = decoded(encoded);
  if (role === 'user') return { id: requireUser(name), isUser: true };
  if (role === undefined || name === '')
    throw nobody('has a URI that is not waybill:user:<id>, waybill:key:<name> or waybill:operator:<name>');
  return { id: `${role}:${name}`, isUser: false };
}

function requireUser(id: string): string {
  if (userId.safeParse(id).success && !id.includes('*')) return id;
  throw nobody('names a user id that is not allowed');
}

function valuesOf(list: string, label: string): readonly string[] {
  const values: string[] = [];
  NAME.lastIndex = 0;
  while (NAME.lastIndex < list.length) {
    const match = NAME.exec(list);
    if (match === null) throw nobody('has alternative names that cannot be read');
    const [, found, quoted, plain = ''] = match;
    if (found === label) values.push(quoted === undefined ? plain : (JSON.parse(`"${quoted}"`) as string));
  }
  return values;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

function nobody(problem: string): Refusal {
  return new Refusal('UNAUTHENTICATED', `The client certificate ${problem} (option tls.clientIdentity).`);
}
