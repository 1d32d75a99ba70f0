import type { FoundReceipt } from '../../messaging/ledger/ledger-reader.js';
import type { MissingNode } from '../../protocol/ops/missing-node.js';

/**
 * What is known of a connection whose own record is missing. `lost`: its node was lost before it could record the end. `unrecorded`: its
 * record was dropped, is past its time, or is kept by a node that did not answer, where it may be open.
 */
export interface ConnectionRemains {
  readonly id: string;
  readonly state: 'lost' | 'unrecorded';
  readonly user: string;
  readonly node: string;
  /** When its first recorded subscription began, milliseconds since the epoch. */
  readonly subscribed_at: number;
  readonly topics: readonly string[];
  readonly why: string;
  /** Nodes that were not heard: it may be open there. */
  readonly missing: readonly MissingNode[];
}

const WHY = {
  lost: 'its node was lost, or stopped without recording, before this connection ended: what happened to it is known from its receipts alone',
  unrecorded:
    'it has receipts but no record of its own: the record was dropped while the database was away, is older than such records are kept, or the connection is open on a node that did not answer',
} as const;

/** Undefined: there is no receipt either. */
export function remainsOf(id: string, receipts: readonly FoundReceipt[], missing: readonly MissingNode[]): ConnectionRemains | undefined {
  const [first] = receipts.toSorted((a, b) => a.receipt.openedAt - b.receipt.openedAt);
  if (first === undefined) return undefined;
  const state = receipts.some((found) => found.state.kind === 'lost') ? 'lost' : 'unrecorded';
  return {
    id,
    state,
    user: first.receipt.user,
    node: first.node,
    subscribed_at: first.receipt.openedAt,
    topics: [...new Set(receipts.map(({ receipt }) => receipt.topic))].toSorted(),
    why: WHY[state],
    missing,
  };
}
