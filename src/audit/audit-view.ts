import type { AuditHead, AuditRecord } from './audit-record.js';

/** What is asked of the trail. A filter that is absent lets everything pass. */
export interface AuditQuery {
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  readonly target?: string | undefined;
  readonly result?: string | undefined;
  /** Not before and before this time; milliseconds since the epoch. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly order: 'newest' | 'oldest';
  /** Only records that come after the one with this id, in this order. */
  readonly after?: number | undefined;
  /** Most records of the answer. */
  readonly limit: number;
}

/** Port: reads the audit trail. Rejects with `UNAVAILABLE` where its storage does not answer. */
export abstract class AuditView {
  abstract read(query: AuditQuery): Promise<readonly AuditRecord[]>;

  /** The end of the whole trail, of all nodes. */
  abstract head(): Promise<AuditHead>;
}
