/** What is printed of a waybill; the rest is in `--json`. */
export interface WaybillAnswer {
  readonly message: { readonly msg_id: string; readonly action: string; readonly bytes: number } | null;
  readonly position: {
    readonly topic: string;
    readonly epoch: string;
    readonly seq: number;
    readonly head: number;
    readonly state: string;
  };
  readonly origin: {
    readonly publisher: string;
    readonly door: string;
    readonly address?: string;
    readonly ref?: string;
    readonly accepted_at: number;
    readonly stored_at?: number;
    readonly trace_id?: string;
    readonly trace: string;
    readonly trace_link?: string;
  } | null;
  readonly ledger: 'receipts' | 'off';
  readonly nodes: readonly {
    readonly node: string;
    readonly run: number;
    readonly state: string;
    readonly seq: number;
    readonly flushed_between?: readonly [number, number];
    readonly receipts: number | null;
  }[];
  readonly totals: Readonly<Record<string, number>> | null;
  readonly totals_missing?: string;
  readonly recipients: readonly RecipientItem[];
  readonly next?: string;
}

export interface RecipientItem {
  readonly user: string;
  readonly connection_id?: string;
  readonly ref?: string;
  readonly node?: string;
  readonly outcome: string;
  readonly reason?: string;
  readonly how?: string;
  readonly written_between?: readonly [number, number];
  readonly acked_by?: number;
  readonly fetched_at?: number;
}

/** Several messages have the id that was asked for. */
export interface Candidates {
  readonly candidates: readonly {
    readonly publisher: string;
    readonly topic: string;
    readonly epoch: string;
    readonly seq: number;
    readonly stored_at: number;
  }[];
}

export function isCandidates(answer: WaybillAnswer | Candidates): answer is Candidates {
  return 'candidates' in answer;
}
