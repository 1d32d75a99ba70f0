import type { Exception, Receipt } from './receipt.js';

/** What became of one message at one recipient. docs/waybills.md explains each to an operator. */
export const OUTCOMES = [
  'acked',
  'written',
  'queued',
  'pending',
  'dropped',
  'unconfirmed',
  'not_written',
  'fetched',
  'unknown',
  'not_subscribed',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/**
 * How a receipt stands: `open` and `closed` as the node says; `remote`: open on another node that is alive, as that node recorded it last;
 * `lost`: the node was lost, or could not record the end, so what it says is what it had recorded, up to `recorded`.
 */
export type ReceiptState =
  | { readonly kind: 'open' }
  | { readonly kind: 'closed' }
  | {
      readonly kind: 'remote' | 'lost';
      /** Positions up to here were recorded: live deliveries after it are not known of. */
      readonly recorded: number;
    };

export interface Judgement {
  readonly outcome: Outcome;
  /** Of `dropped`, and of `unknown`: `not_recorded_yet` is known some seconds later. */
  readonly reason?: Exception['reason'] | 'node_lost' | 'not_recorded_yet';
}

/** Whether the receipt has anything to say of this `seq`. */
export function covers(receipt: Pick<Receipt, 'after' | 'head' | 'closedAt' | 'leaving'>, seq: number): boolean {
  const endless = receipt.closedAt === undefined && receipt.leaving !== true;
  return seq > receipt.after && (endless || seq <= receipt.head);
}

/** The outcome of a message that the receipt covers: the table of docs/waybills.md, from the first row that holds. */
export function outcomeOf(receipt: Receipt, state: ReceiptState, seq: number): Judgement {
  const exception = receipt.exceptions.find(({ from, to }) => seq >= from && seq <= to);
  if (exception !== undefined) return { outcome: exception.reason === 'unknown' ? 'unknown' : 'dropped', reason: exception.reason };
  if (seq <= receipt.acked) return { outcome: 'acked' };
  if (state.kind === 'lost' || state.kind === 'remote') {
    if (seq <= Math.min(receipt.written, state.recorded)) return { outcome: 'written' };
    return { outcome: 'unknown', reason: state.kind === 'lost' ? 'node_lost' : 'not_recorded_yet' };
  }
  if (seq <= receipt.written) return { outcome: 'written' };
  if (state.kind === 'open' && seq <= receipt.offered) return { outcome: 'queued' };
  if (state.kind === 'open' && receipt.leaving !== true) return { outcome: 'pending' };
  return { outcome: seq <= receipt.handed ? 'unconfirmed' : 'not_written' };
}
