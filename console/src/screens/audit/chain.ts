import type { AuditHead, AuditRecord } from './audit-record.ts';

/** JSON as RFC 8785 writes it: members sorted by UTF-16 code units, no spaces. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(',')}}`;
}

/** SHA-256 as lower-case hexadecimal. Browsers have it on pages by TLS and of this machine alone. */
async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export const canVerify = (): boolean => globalThis.crypto?.subtle !== undefined;

/** Follows the trail in this page, so that the gateway's word is not needed for it: `docs/audit.md` has the rules. */
export class ChainCheck {
  private last: AuditHead = { count: 0, hash: '0'.repeat(64) };

  get head(): AuditHead {
    return this.last;
  }

  /** The next record; answers what is wrong with it, in words. */
  async add({ id, digest, prev_hash: previous, hash, ...content }: AuditRecord): Promise<string | undefined> {
    const expected = this.last.count + 1;
    if (id > expected) return `Records ${expected} to ${id - 1} are missing.`;
    if (id < expected) return `Record ${id} stands where record ${expected} should.`;
    if (previous !== this.last.hash) return `Record ${id} does not follow record ${id - 1}: one of the two was replaced.`;
    if ((await sha256(canonicalJson(content))) !== digest)
      return `Record ${id} was changed: its content does not have the digest that it carries.`;
    if ((await sha256(`${previous}:${id}:${digest}`)) !== hash) return `Record ${id} was changed: its hash is not that of its digest.`;
    this.last = { count: id, hash };
    return undefined;
  }
}
