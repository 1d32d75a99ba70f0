import { plainJson, plainText } from './plain-json.js';
import type { AuditEntry } from './audit-trail.js';

/** What the digest of a record is taken of; members that have no value are left out. */
export interface AuditContent {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The node that recorded it. */
  readonly node: string;
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly result: string;
  readonly address?: string;
  readonly trace_id?: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** An entry of the audit trail as it is stored, answered and exported. */
export interface AuditRecord extends AuditContent {
  /** 1, 2, 3 … without gaps, over all nodes. */
  readonly id: number;
  /** SHA-256 of the content in canonical JSON (RFC 8785); this and the hashes are lower-case hexadecimal. */
  readonly digest: string;
  /** `hash` of the record before; of the first: 64 zeros. */
  readonly prev_hash: string;
  /** SHA-256 of `prev_hash:id:digest`. */
  readonly hash: string;
}

/** How many records there are, and the hash of the last. Kept elsewhere it shows whether the trail was cut or made anew. */
export interface AuditHead {
  readonly count: number;
  readonly hash: string;
}

const LONGEST = { actor: 256, action: 64, target: 1_024, address: 64, traceId: 64 } as const;

/** An entry in the form in which it is stored: fit for the database, and of bounded size. */
export function contentOf(entry: AuditEntry, at: number, node: string): AuditContent {
  const { result, address, traceId } = entry;
  const before = plainJson(entry.before);
  const after = plainJson(entry.after);
  return {
    at,
    node,
    actor: plainText(entry.actor, LONGEST.actor),
    action: plainText(entry.action, LONGEST.action),
    target: plainText(entry.target, LONGEST.target),
    result,
    ...(address === undefined ? {} : { address: plainText(address, LONGEST.address) }),
    ...(traceId === undefined ? {} : { trace_id: plainText(traceId, LONGEST.traceId) }),
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
  };
}
