import { clientUsers } from './client-log.js';
import type { Evidence } from './evidence.js';

/** What the ledger was asked in one run, and what it said. */
export interface LedgerFigures {
  /** Pairs of a message and a user. */
  readonly pairs: number;
  /** How often each outcome was said of a pair. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** How often each outcome was said of a connection. */
  readonly recipients: Readonly<Record<string, number>>;
  /** Recipients said to be `written` whose client did not log it: their connections broke. */
  readonly writtenNotLogged: number;
  /** Questions that were refused, by code. */
  readonly refused: Readonly<Record<string, number>>;
  /** Pairs by the reason for which they were chosen. */
  readonly samples: Readonly<Record<string, number>>;
}

export function ledgerFigures(evidence: Evidence): LedgerFigures {
  const users = clientUsers(evidence);
  const [outcomes, recipients, refused, samples] = [{}, {}, {}, {}] as [Counts, Counts, Counts, Counts];
  let [pairs, writtenNotLogged] = [0, 0];
  for (const record of evidence.ledger) {
    if (record.kind === 'explain') {
      pairs += 1;
      count(outcomes, record.outcome);
      count(samples, record.sample);
    } else if (record.kind === 'unanswered') count(refused, `${record.question} ${record.code}`);
    else if (record.kind === 'waybill') {
      for (const { outcome, connection: id } of record.recipients) {
        if (id === undefined) continue;
        count(recipients, outcome);
        const connection = users.get(record.user)?.connections.find((each) => each.id === id);
        if (outcome === 'written' && connection?.has(record.topic, record.epoch, record.seq, record.at) !== true) writtenNotLogged += 1;
      }
    }
  }
  return { pairs, outcomes, recipients, writtenNotLogged, refused, samples };
}

type Counts = Record<string, number>;

function count(counts: Counts, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}
