import type { KeptOut } from '../../../auth/rights-view.js';
import type { ConnectionView } from '../../../messaging/gateway-control.js';
import type { FoundReceipt } from '../../../messaging/ledger/ledger-reader.js';
import type { Fetch } from '../../../messaging/ledger/ledger.js';
import type { Judgement, Outcome } from '../../../messaging/ledger/outcome.js';
import type { RefusalRecord } from '../../../messaging/ledger/refusal-record.js';
import type { MissingNode } from '../../../protocol/ops/missing-node.js';
import type { Absence } from '../absence.js';
import type { LocatedMessage } from '../located-message.js';
import type { Span } from '../written-between.js';

/** A receipt that covers the message, and what it says of it. */
export interface CoveringReceipt {
  readonly found: FoundReceipt;
  readonly judgement: Judgement;
  /** Absent where the connection left no record. */
  readonly connection: ConnectionView | undefined;
  /** Present where it was given. */
  readonly writtenBetween: Span | undefined;
}

/** A user's connections around the time of a message. */
export interface ConnectionsAround {
  /** Open now. */
  readonly now: readonly ConnectionView[];
  /** Open at that time. */
  readonly during: readonly ConnectionView[];
  /** The last that ended before it. */
  readonly before: ConnectionView | undefined;
  /** The first that began after it. */
  readonly after: ConnectionView | undefined;
}

/** Whether a user may subscribe now; `allowed` is undefined where only their token would tell. */
export interface Right {
  readonly allowed: boolean | undefined;
  readonly rule: string;
  readonly detail: string;
}

/** The latest refusal of each kind that bears on the question. */
export interface RefusalsFound {
  readonly connect: RefusalRecord | undefined;
  readonly subscribe: RefusalRecord | undefined;
}

/** All that is known of one user and one topic. Times are milliseconds since the epoch. */
export interface UserFindings {
  readonly user: string;
  readonly topic: string;
  readonly now: number;
  /** Whether anything is known of the user. */
  readonly isKnown: boolean;
  readonly erasedAt: number | undefined;
  readonly keptOut: readonly KeptOut[];
  readonly right: Right;
  readonly refused: RefusalsFound;
  readonly connections: ConnectionsAround;
  /** The user's receipts of the topic, youngest first. */
  readonly receipts: readonly FoundReceipt[];
  /** Refs of connections of other nodes that are subscribed to the topic now. */
  readonly subscribedElsewhere: readonly string[];
  /** Nodes that were not heard: what only they know is not here. */
  readonly missing: readonly MissingNode[];
}

/** All that is known of one user and one message. */
export interface Findings extends UserFindings {
  readonly located: LocatedMessage;
  /** By opening, the first first. */
  readonly covering: readonly CoveringReceipt[];
  readonly fetches: readonly { readonly fetch: Fetch; readonly connection: ConnectionView | undefined }[];
  /** Present where neither a receipt nor a read says anything. */
  readonly absence: Absence | undefined;
  readonly outcome: Outcome;
  /** Who ended a connection, where an operator did: by the connection's id. */
  readonly endedBy: ReadonlyMap<string, string>;
}

/** One link of the chain between a message and a user. */
export interface Step {
  readonly step: 'message' | 'ledger' | 'user' | 'connection' | 'right' | 'subscription' | 'node' | 'queue' | 'write' | 'ack' | 'catch_up';
  /** A word that a program can go by. */
  readonly result: string;
  readonly detail: string;
  /** Milliseconds since the epoch. */
  readonly at?: number;
}

export interface Explanation {
  readonly user: string;
  readonly topic: string;
  readonly epoch?: string;
  readonly seq?: number;
  readonly answer: string;
  readonly outcome: string;
  readonly steps: readonly Step[];
  /** Nodes that did not answer: what they know and have not recorded is not part of the answer. */
  readonly missing: readonly MissingNode[];
  readonly as_of: number;
}
