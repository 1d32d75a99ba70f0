import type { AuditRecord } from './audit-record.js';

/** Columns of `waybill.audit` in the order in which `recordOf` takes them. */
export const AUDIT_COLUMNS = `id, (extract(epoch from at) * 1000)::bigint as at, node, actor, action, target, result, address, trace_id,
  before, after, digest, prev_hash, hash`;

/** A row as a record; `pg` has parsed its JSON and left its numbers of 64 bits as text. */
export function recordOf(row: readonly unknown[]): AuditRecord {
  const [id, at, node, actor, action, target, result, address, traceId, before, after, digest, prevHash, hash] = row;
  const text = (value: unknown): string => value as string;
  return {
    id: Number(id),
    at: Number(at),
    node: text(node),
    actor: text(actor),
    action: text(action),
    target: text(target),
    result: text(result),
    ...(address === null ? {} : { address: text(address) }),
    ...(traceId === null ? {} : { trace_id: text(traceId) }),
    ...(before === null ? {} : { before }),
    ...(after === null ? {} : { after }),
    digest: text(digest),
    prev_hash: text(prevHash),
    hash: text(hash),
  };
}
