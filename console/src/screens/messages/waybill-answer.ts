import type { Outcome } from './outcome.ts';
import type { MissingNode } from '../../ui/missing-nodes.tsx';

/** What became of the message itself. */
export type MessageFate = 'stored' | 'erased' | 'expired' | 'not_buffered' | 'earlier_epoch';
export type Span = readonly [from: number, to: number];
export type Totals = Readonly<Partial<Record<Outcome, number>>>;

/** Where a message came from. Times, here and below, are milliseconds since the epoch. */
export interface Origin {
  readonly publisher: string;
  readonly door: string;
  readonly address?: string;
  readonly connection_id?: string;
  readonly ref?: string;
  readonly role?: string;
  readonly accepted_at: number;
  readonly stored_at?: number;
  readonly client_timestamp?: number;
  readonly trace_id?: string;
  readonly trace: 'kept' | 'exported' | 'not_sampled' | 'gone' | 'none';
  readonly trace_link?: string;
}

export interface NodeShare {
  readonly node: string;
  readonly run: number;
  readonly state: 'running' | 'ended' | 'lost';
  readonly seq: number;
  readonly reached: boolean;
  readonly flushed_between?: Span;
  readonly receipts: number | null;
}

export interface Recipient {
  readonly user: string;
  readonly connection_id?: string;
  readonly ref?: string;
  readonly node?: string;
  readonly address?: string;
  readonly client?: string;
  readonly outcome: Outcome;
  readonly reason?: string;
  readonly how?: 'live' | 'recovered';
  readonly written_between?: Span;
  readonly acked_by?: number;
  readonly fetched_at?: number;
  readonly opened_at?: number;
  readonly closed_at?: number;
}

/** `GET ops/topics/{topic}/messages/{seq}/waybill`. */
export interface Waybill {
  /** Nodes that did not answer. */
  readonly missing?: readonly MissingNode[];
  readonly message: {
    readonly msg_id: string;
    readonly action: string;
    readonly bytes: number;
    readonly erased?: true;
    readonly data?: unknown;
  } | null;
  readonly position: {
    readonly topic: string;
    readonly epoch: string;
    readonly seq: number;
    readonly head: number;
    readonly state: MessageFate;
  };
  readonly origin: Origin | null;
  readonly ledger: 'receipts' | 'off';
  readonly nodes: readonly NodeShare[];
  readonly totals: Totals | null;
  readonly totals_missing?: string;
  readonly recipients: readonly Recipient[];
  readonly as_of: number;
  readonly next?: string;
}

/** Several messages have one id. */
export interface Candidate {
  readonly publisher: string;
  readonly topic: string;
  readonly epoch: string;
  readonly seq: number;
  readonly stored_at: number;
}

export interface Candidates {
  readonly candidates: readonly Candidate[];
  readonly as_of: number;
}

export function isCandidates(answer: Waybill | Candidates): answer is Candidates {
  return 'candidates' in answer;
}
