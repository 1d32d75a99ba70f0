import { AuditTrail, type AuditEntry } from './audit-trail.js';
import { type AuditHead, type AuditRecord, contentOf } from './audit-record.js';
import type { AuditQuery, AuditView } from './audit-view.js';
import { digestOf, GENESIS, hashOf } from './chain.js';

/** The trail of one process, for tests and for an embedding application that keeps none. */
export class MemoryAuditTrail extends AuditTrail implements AuditView {
  private readonly records: AuditRecord[] = [];

  constructor(private readonly node = 'memory') {
    super();
  }

  override async record(entry: AuditEntry): Promise<void> {
    const content = contentOf(entry, Date.now(), this.node);
    const { count, hash: prevHash } = this.end;
    const digest = digestOf(content);
    this.records.push({ id: count + 1, ...content, digest, prev_hash: prevHash, hash: hashOf(prevHash, count + 1, digest) });
  }

  async read({ order, after, limit, from = -Infinity, to = Infinity, ...equal }: AuditQuery): Promise<readonly AuditRecord[]> {
    const inOrder = order === 'oldest' ? this.records : this.records.toReversed();
    return inOrder
      .filter(({ id }) => after === undefined || (order === 'oldest' ? id > after : id < after))
      .filter((record) => record.at >= from && record.at < to)
      .filter((record) => FILTERS.every((name) => equal[name] === undefined || equal[name] === record[name]))
      .slice(0, limit);
  }

  head(): Promise<AuditHead> {
    return Promise.resolve(this.end);
  }

  private get end(): AuditHead {
    const last = this.records.at(-1);
    return last === undefined ? GENESIS : { count: last.id, hash: last.hash };
  }
}

const FILTERS = ['actor', 'action', 'target', 'result'] as const;
