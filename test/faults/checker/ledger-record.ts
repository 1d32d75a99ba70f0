/** A message and a user that the gateway was asked about, once everything had settled. */
export interface Asked {
  /** Milliseconds of the log's clock; nothing that a client logged later was looked at. */
  readonly at: number;
  /** Why this pair was chosen. */
  readonly sample: string;
  readonly user: string;
  readonly topic: string;
  readonly epoch: string;
  readonly seq: number;
}

/** What `GET ops/explain` said. */
export type ExplainRecord = Asked & { readonly kind: 'explain'; readonly outcome: string; readonly answer: string };

/** What a waybill says of one recipient. Times are milliseconds since the epoch. */
export interface SaidRecipient {
  /** Absent: of the user in general. */
  readonly connection?: string;
  readonly outcome: string;
  readonly reason?: string;
  readonly writtenBetween?: readonly [from: number, to: number];
}

/** All that the waybill of the message said of the user. */
export type WaybillRecord = Asked & { readonly kind: 'waybill'; readonly recipients: readonly SaidRecipient[] };

/** A question that was refused. */
export type UnansweredRecord = Asked & { readonly kind: 'unanswered'; readonly question: 'explain' | 'waybill'; readonly code: string };

/** A gateway ended without a chance to say anything; or in order. */
export interface NodeEndedRecord {
  readonly kind: 'node-ended';
  readonly at: number;
  readonly lost: boolean;
}

/** The ledger says that it dropped records. */
export interface LedgerGapRecord {
  readonly kind: 'ledger-gap';
  readonly at: number;
  readonly records: number;
}

/** What the log's clock was at a time of the machine's, milliseconds since the epoch. */
export interface ClockRecord {
  readonly kind: 'clock';
  readonly at: number;
  readonly wall: number;
}

export type LedgerRecord = ExplainRecord | WaybillRecord | UnansweredRecord | NodeEndedRecord | LedgerGapRecord | ClockRecord;
