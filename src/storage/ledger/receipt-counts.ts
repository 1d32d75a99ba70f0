import type { MessagePlace, OutcomeTotals } from '../../messaging/ledger/ledger-reader.js';
import { type Outcome, outcomeOf } from '../../messaging/ledger/outcome.js';
import { int8Array } from '../array-parameter.js';
import type { HeldReceipts } from './held-receipts.js';
import type { LedgerQuery } from './ledger-query.js';
import { COVERING, ITS_POSITION_IN_STREAM, NOT_IN_MEMORY, OUTCOME } from './receipt-sql.js';

export interface ReceiptCount {
  readonly run: number;
  readonly outcome: Outcome;
  readonly count: number;
}

const COUNTS = `
select r.run, ${OUTCOME} as outcome, count(*) from waybill.receipt r ${ITS_POSITION_IN_STREAM}
  where ${COVERING} and ${NOT_IN_MEMORY}
  group by 1, 2`;

/** How many receipts cover a message, by run and outcome. A message may have very many: those who ask at once share one count. */
export class ReceiptCounts {
  private readonly running = new Map<string, Promise<readonly ReceiptCount[] | undefined>>();

  constructor(private readonly query: LedgerQuery) {}

  /** `held` is called when a count begins. Undefined: it took longer than a statement may. */
  of(place: MessagePlace, held: () => HeldReceipts): Promise<readonly ReceiptCount[] | undefined> {
    const key = JSON.stringify([place.topic, place.epoch, place.seq]);
    const running = this.running.get(key);
    if (running !== undefined) return running;
    const count = this.count(place, held()).finally(() => this.running.delete(key));
    this.running.set(key, count);
    return count;
  }

  private async count(place: MessagePlace, held: HeldReceipts): Promise<readonly ReceiptCount[] | undefined> {
    const { topic, epoch, seq } = place;
    const rows = await this.query.inTime(COUNTS, [topic, epoch, seq, held.run, int8Array(held.numbers), held.at]);
    if (rows === undefined) return undefined;
    const recorded = rows.map(([run, outcome, count]) => ({ run: run as number, outcome: outcome as Outcome, count: Number(count) }));
    const live = held
      .covering(place)
      .map(({ run, receipt, state }) => ({ run, outcome: outcomeOf(receipt, state, seq).outcome, count: 1 }));
    return [...recorded, ...live];
  }
}

export function totalsOf(counts: readonly ReceiptCount[]): OutcomeTotals {
  const totals: Partial<Record<Outcome, number>> = {};
  for (const { outcome, count } of counts) totals[outcome] = (totals[outcome] ?? 0) + count;
  return totals;
}

export function sumsByRun(counts: readonly ReceiptCount[]): ReadonlyMap<number, number> {
  const sums = new Map<number, number>();
  for (const { run, count } of counts) sums.set(run, (sums.get(run) ?? 0) + count);
  return sums;
}
