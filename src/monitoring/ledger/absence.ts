import type { FoundReceipt, NodeProgress, NodeRun } from '../../messaging/ledger/ledger-reader.js';
import { namespaceOf } from '../../protocol/topic-name.js';
import type { LocatedMessage } from './located-message.js';
import { RECORD_MARGIN_MS } from './record-margin.js';
import { storedBetween } from './stored-between.js';
import type { Span } from './written-between.js';

/**
 * What is known of a message and a user where neither a receipt that covers it nor a read of history is recorded. Times are milliseconds
 * since the epoch.
 */
export interface AbsenceFacts {
  readonly seq: number;
  readonly epoch: string;
  /** Between which times it was stored; undefined where that is not known any more. */
  readonly stored: Span | undefined;
  readonly now: number;
  /** Name of the node that answers: what it has in memory is part of the answer, so its own run is up to date. */
  readonly node: string;
  /** Runs of other nodes that recorded everything when they were asked, just now. */
  readonly upToDate: ReadonlySet<number>;
  readonly namespace: string;
  readonly ledger: 'receipts' | 'off';
  /** How long receipts are kept after their end; 0: for ever. */
  readonly ledgerAgeMs: number;
  /** Every run that is known, from the first to this one. */
  readonly runs: readonly NodeRun[];
  /** The user's receipts of the topic. */
  readonly receipts: readonly FoundReceipt[];
  /** When the user was erased last, if ever. */
  readonly erasedAt: number | undefined;
}

export type AbsenceReason =
  'ledger_off' | 'erased' | 'not_dated' | 'too_old' | 'before_ledger' | 'node_lost' | 'node_behind' | 'ledger_gap';

export type Absence =
  { readonly outcome: 'not_subscribed' } | { readonly outcome: 'unknown'; readonly reason: AbsenceReason; readonly run?: NodeRun };

const MS_PER_SECOND = 1_000;

export function absenceFacts(
  node: string,
  located: LocatedMessage,
  {
    progress,
    ...known
  }: Pick<AbsenceFacts, 'runs' | 'now' | 'receipts' | 'erasedAt' | 'upToDate'> & { readonly progress: readonly NodeProgress[] },
): AbsenceFacts {
  const { epoch, seq, policy } = located;
  const stored = storedBetween(located, progress, known.runs, known.now);
  return {
    ...known,
    node,
    epoch,
    seq,
    stored,
    namespace: namespaceOf(located.topic),
    ledger: policy.ledger,
    ledgerAgeMs: policy.ledger_age_s * MS_PER_SECOND,
  };
}

/**
 * Whether the lack of a record proves that the user was not subscribed. It does only where every node that could have given them the
 * message has recorded past it, and nothing of what was recorded since was lost: from the first sentence that does not hold.
 */
export function judgeAbsence(facts: AbsenceFacts): Absence {
  const { stored, erasedAt } = facts;
  if (facts.ledger === 'off') return { outcome: 'unknown', reason: 'ledger_off' };
  if (stored === undefined) return { outcome: 'unknown', reason: 'not_dated' };
  const [from] = stored;
  if (erasedAt !== undefined && from <= erasedAt) return { outcome: 'unknown', reason: 'erased' };
  if (facts.ledgerAgeMs > 0 && from < facts.now - facts.ledgerAgeMs) return { outcome: 'unknown', reason: 'too_old' };
  if (!facts.runs.some(({ startedAt }) => startedAt <= from)) return { outcome: 'unknown', reason: 'before_ledger' };
  const own = ownRun(facts);
  for (const run of facts.runs) {
    const isKnown = run.run === own?.run || facts.upToDate.has(run.run);
    const reason = keptReason(run, facts, from) ?? (isKnown ? gapReason(run, stored) : reasonOf(run, facts, stored));
    if (reason !== undefined) return { outcome: 'unknown', reason, run };
  }
  return { outcome: 'not_subscribed' };
}

/** A run that was there since may have kept no receipts, or have removed them sooner than they would be now. */
function keptReason({ kept, endedAt, lostAt }: NodeRun, { namespace, now }: AbsenceFacts, from: number): AbsenceReason | undefined {
  const until = endedAt ?? lostAt ?? now;
  if (until < from) return undefined;
  const seconds = (Object.hasOwn(kept, namespace) ? kept[namespace] : kept['default']) ?? 0;
  if (seconds < 0) return 'ledger_off';
  return seconds > 0 && from < until - seconds * MS_PER_SECOND ? 'too_old' : undefined;
}

/** Why one run's records do not prove that it gave the user nothing. */
function reasonOf(run: NodeRun, facts: AbsenceFacts, stored: Span): AbsenceReason | undefined {
  const { lostAt, endedAt, recordedTo } = run;
  const [from, to] = stored;
  const until = endedAt ?? lostAt ?? facts.now;
  if (until >= from && endedAt === undefined) {
    const provenTo = recordedTo - RECORD_MARGIN_MS;
    if (to > provenTo) return lostAt === undefined ? 'node_behind' : 'node_lost';
    if (lostAt !== undefined && wentOnAfterLoss(facts, from, provenTo)) return 'node_lost';
  }
  return gapReason(run, stored);
}

/** A record that was dropped may be of a subscription that was given older messages too, or of a read of history. */
function gapReason({ gaps }: NodeRun, [from]: Span): AbsenceReason | undefined {
  return gaps.some(({ to }) => from <= to + RECORD_MARGIN_MS) ? 'ledger_gap' : undefined;
}

/**
 * The user's client came back after the node was lost and asked for nothing up to this message, as one does that has it: the lost node
 * may have caught it up in its last seconds. A receipt from before says that it was past the message anyway.
 */
function wentOnAfterLoss({ receipts, epoch, seq }: AbsenceFacts, storedFrom: number, provenTo: number): boolean {
  const later = receipts
    .map(({ receipt }) => receipt)
    .filter((receipt) => receipt.epoch === epoch && receipt.after >= seq && receipt.openedAt >= storedFrom)
    .sort((left, right) => left.openedAt - right.openedAt);
  const [first] = later;
  return first !== undefined && first.openedAt > provenTo;
}

function ownRun({ runs, node }: AbsenceFacts): NodeRun | undefined {
  return runs
    .filter((run) => run.node === node && run.endedAt === undefined && run.lostAt === undefined)
    .sort((left, right) => right.startedAt - left.startedAt)[0];
}
