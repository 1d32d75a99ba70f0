import { acknowledgedIsStored, lostWithEpoch } from './acknowledged-is-stored.js';
import { Evidence } from './evidence.js';
import { historyHasNoHoles } from './history-has-no-holes.js';
import { ledgerAgrees } from './ledger-agrees.js';
import { type LedgerFigures, ledgerFigures } from './ledger-figures.js';
import { nothingUnattempted } from './nothing-unattempted.js';
import { publishersKeepTheirOrder } from './publishers-keep-their-order.js';
import type { LogRecord } from './record.js';
import { repeatsAgree } from './repeats-agree.js';
import { storedOnce } from './stored-once.js';
import { subscribersReachTheHead } from './subscribers-reach-the-head.js';
import { subscribersSeeEveryHole } from './subscribers-see-every-hole.js';

/** The rules of docs/faults.md: what a log of publishers, subscribers, history and the ledger's answers can show. */
export const RULES = {
  L1: acknowledgedIsStored,
  L2: storedOnce,
  L3: historyHasNoHoles,
  L4: subscribersSeeEveryHole,
  L5: publishersKeepTheirOrder,
  L6: nothingUnattempted,
  L7: subscribersReachTheHead,
  L8: repeatsAgree,
  L9: ledgerAgrees,
} as const satisfies Record<string, (evidence: Evidence) => readonly string[]>;

export type RuleName = keyof typeof RULES;
export const RULE_NAMES = Object.keys(RULES) as readonly RuleName[];

export interface Verdict {
  /** Sentences by rule; a rule that holds has none. */
  readonly violations: Readonly<Record<RuleName, readonly string[]>>;
  readonly figures: Figures;
}

/** Sums of one log. */
export interface Figures {
  readonly messages: number;
  readonly attempts: number;
  readonly acked: number;
  /** Messages of which some attempt's outcome was not told. */
  readonly unknown: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly delivered: number;
  /** Acknowledged and not in history. */
  readonly lost: number;
  /** Acknowledged in an epoch that ended, and not in history since. */
  readonly lostWithEpoch: number;
  readonly duplicates: number;
  /** In history, and unannounced at a subscriber. */
  readonly holes: number;
  readonly ledger: LedgerFigures;
  /** What the ledger said that is not so. */
  readonly falseStatements: number;
}

export function check(records: Iterable<LogRecord>): Verdict {
  const evidence = new Evidence(records);
  const violations = Object.fromEntries(RULE_NAMES.map((name) => [name, RULES[name](evidence)])) as Record<RuleName, readonly string[]>;
  return { violations, figures: figuresOf(evidence, violations) };
}

/** The rules that do not hold. */
export function brokenRules({ violations }: Verdict): readonly RuleName[] {
  return RULE_NAMES.filter((name) => violations[name].length > 0);
}

/** A few sentences of each broken rule. */
export function describeVerdict(verdict: Verdict, most = 5): string {
  return brokenRules(verdict)
    .map((name) => {
      const sentences = verdict.violations[name];
      const more = sentences.length > most ? [`... and ${sentences.length - most} more`] : [];
      return [`${name} is broken ${sentences.length} times:`, ...sentences.slice(0, most), ...more].join('\n  ');
    })
    .join('\n');
}

function figuresOf(evidence: Evidence, violations: Readonly<Record<RuleName, readonly string[]>>): Figures {
  let attempts = 0;
  let acked = 0;
  let unknown = 0;
  const refused: Record<string, number> = {};
  for (const publication of evidence.publications.values()) {
    attempts += publication.results.length;
    if (Evidence.acked(publication).length > 0) acked += 1;
    if (publication.results.some(({ outcome }) => outcome.kind === 'unknown')) unknown += 1;
    for (const { outcome } of publication.results) {
      if (outcome.kind === 'refused') refused[outcome.code] = (refused[outcome.code] ?? 0) + 1;
    }
  }
  let delivered = 0;
  for (const records of evidence.subscribers.values()) delivered += records.filter(({ kind }) => kind === 'delivered').length;
  return {
    messages: evidence.publications.size,
    attempts,
    acked,
    unknown,
    refused,
    delivered,
    lost: violations.L1.length,
    lostWithEpoch: lostWithEpoch(evidence).length,
    duplicates: violations.L2.length,
    holes: violations.L3.length + violations.L4.length,
    ledger: ledgerFigures(evidence),
    falseStatements: violations.L9.length,
  };
}
