import { createHash } from 'node:crypto';
import type { AuditContent, AuditHead, AuditRecord } from './audit-record.js';
import { canonicalJson } from './canonical-json.js';

/** The head of an empty trail. */
export const GENESIS: AuditHead = { count: 0, hash: '0'.repeat(64) };

export function digestOf(content: AuditContent): string {
  return sha256(canonicalJson(content));
}

export function hashOf(prevHash: string, id: number, digest: string): string {
  return sha256(`${prevHash}:${id}:${digest}`);
}

/**
 * Follows a trail from its first record on and says where it is broken: each record must name the one before it, and its digest
 * and hash must be those of what it says.
 */
export class ChainCheck {
  private last = GENESIS;

  /** `kept`: heads that were noted, by the trail itself or elsewhere; the trail must have passed through each. */
  constructor(private readonly kept: readonly AuditHead[] = []) {}

  /** What has been followed so far. */
  get head(): AuditHead {
    return this.last;
  }

  /** The next record. Answers what is wrong with it, in words. */
  add({ id, digest, prev_hash: prevHash, hash, ...content }: AuditRecord): string | undefined {
    const expected = this.last.count + 1;
    if (id > expected) return `records ${expected} to ${id - 1} are missing`;
    if (id < expected) return `record ${id} stands where record ${expected} should`;
    if (prevHash !== this.last.hash) return `record ${id} does not follow record ${id - 1}: one of the two was replaced`;
    if (digestOf(content) !== digest) return `record ${id} was changed: its content does not have the digest that it carries`;
    if (hashOf(prevHash, id, digest) !== hash) return `record ${id} was changed: its hash is not that of its digest`;
    this.last = { count: id, hash };
    const kept = this.kept.find(({ count }) => count === id);
    return kept === undefined || kept.hash === hash
      ? undefined
      : `record ${id} is not the one that was there when its hash was noted: the trail was made anew`;
  }

  /** After the last record. Answers what is wrong, in words. */
  end(): string | undefined {
    const { count } = this.last;
    const noted = this.kept.find((kept) => kept.count > count);
    return noted && `the trail ends with record ${count}, and there were ${noted.count} when its head was noted: the tail was cut`;
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
