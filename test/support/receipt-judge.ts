import type { OpenReceipt, OpenReceipts } from '../../src/messaging/ledger/open-receipts.js';
import { NoopLedger } from '../../src/messaging/ledger/noop-ledger.js';
import { covers, outcomeOf, type ReceiptState } from '../../src/messaging/ledger/outcome.js';
import type { Receipt } from '../../src/messaging/ledger/receipt.js';
import type { SeenFrame } from './messaging-core.js';

/** What became of one message at one connection, over all its receipts. */
interface Claims {
  written: number;
  /** The socket had it: it may have been taken or not. */
  handed: number;
  acked: number;
  unknown: number;
}

/** A ledger that keeps what it is told, and rows as a checkpoint writes them. */
export class JudgingLedger extends NoopLedger {
  readonly final: Receipt[] = [];
  readonly rows = new Map<number, { readonly receipt: Receipt; readonly follows: boolean }>();
  readonly positions = new Map<string, number>();
  readonly problems: string[] = [];

  override recovering(receipt: Receipt = undefined as never): Promise<void> {
    this.rows.set(receipt.no, { receipt, follows: false });
    return Promise.resolve();
  }

  override closed(receipt: Receipt = undefined as never): void {
    const { after, written, handed, offered, head, no } = receipt;
    if (!(after <= written && written <= handed && handed <= offered && offered <= head))
      this.problems.push(`receipt ${no}: ${JSON.stringify(receipt)}`);
    if (this.final.some((known) => known.no === no)) this.problems.push(`receipt ${no} closed twice`);
    this.final.push(receipt);
    this.rows.delete(no);
  }

  checkpoint(open: OpenReceipts): void {
    for (const progress of open.moved()) {
      this.positions.set(`${progress.topic} ${progress.epoch}`, progress.seq);
      for (const receipt of progress.receipts()) this.record(receipt, progress);
    }
  }

  private record(open: OpenReceipt, progress: { readonly epoch: string; readonly seq: number }): void {
    const isNew = !this.rows.has(open.no);
    if (!isNew && !open.hasNews) return;
    const receipt = open.snapshot();
    const isOfEpoch = receipt.epoch === progress.epoch;
    if (isNew && isOfEpoch && receipt.after >= progress.seq) return;
    open.recorded = true;
    this.rows.set(open.no, { receipt, follows: isOfEpoch && receipt.written >= progress.seq });
  }

  /** As they would be read if the node were lost now. */
  *recorded(): Iterable<Receipt> {
    for (const { receipt, follows } of this.rows.values()) {
      const position = this.positions.get(`${receipt.topic} ${receipt.epoch}`) ?? 0;
      yield follows ? { ...receipt, written: Math.max(receipt.written, position) } : receipt;
    }
  }
}

export interface Took {
  readonly id: string;
  readonly given: readonly SeenFrame[];
  readonly taken: readonly SeenFrame[];
}

/** Compares what receipts say with what a connection's socket was given and took. Answers every false statement. */
export function falseStatements(
  connection: Took,
  messages: Iterable<string>,
  { open, ledger }: { readonly open: OpenReceipts; readonly ledger: JudgingLedger },
): readonly string[] {
  const { id } = connection;
  const judged: (readonly [Receipt, ReceiptState])[] = [
    ...ledger.final.filter((receipt) => receipt.connection === id).map((receipt) => [receipt, { kind: 'closed' }] as const),
    ...Array.from(open.ofConnection(id), (receipt) => [receipt.look(), { kind: 'open' }] as const),
  ];
  const recorded = [...ledger.recorded()].filter((receipt) => receipt.connection === id);
  const given = timesOf(connection.given);
  const taken = timesOf(connection.taken);
  const problems: string[] = [];
  for (const key of messages) {
    const [topic = '', epoch = '', text = ''] = key.split(' ');
    const seq = Number(text);
    const mine = judged.filter(([receipt]) => receipt.topic === topic && receipt.epoch === epoch && covers(receipt, seq));
    const claims = claimsOf(mine, seq);
    const times = taken.get(key) ?? 0;
    const { written, handed, acked, unknown } = claims;
    const holds =
      written <= times &&
      times <= written + handed + acked + unknown &&
      written + handed <= (given.get(key) ?? 0) &&
      (acked === 0 || times > 0);
    const told = `${id}: ${key} was given ${given.get(key) ?? 0} and taken ${times} times`;
    if (!holds)
      problems.push(`${told}, but ${JSON.stringify(claims)} by ${JSON.stringify(mine.map(([receipt, { kind }]) => [kind, receipt]))}`);
    for (const receipt of recorded) {
      if (receipt.topic !== topic || receipt.epoch !== epoch || !covers(receipt, seq)) continue;
      const position = ledger.positions.get(`${topic} ${epoch}`) ?? 0;
      const { outcome } = outcomeOf(receipt, { kind: 'lost', recorded: Math.max(position, receipt.written) }, seq);
      if ((outcome === 'written' || outcome === 'acked') && times === 0)
        problems.push(`${told}, but recorded ${outcome} by ${JSON.stringify(receipt)}`);
    }
  }
  return problems;
}

function claimsOf(judged: readonly (readonly [Receipt, ReceiptState])[], seq: number): Claims {
  const claims: Claims = { written: 0, handed: 0, acked: 0, unknown: 0 };
  for (const [receipt, state] of judged) {
    const { outcome } = outcomeOf(receipt, state, seq);
    if (outcome === 'written' || outcome === 'acked' || outcome === 'unknown') claims[outcome] += 1;
    else if (outcome === 'unconfirmed' || (outcome === 'queued' && seq <= receipt.handed)) claims.handed += 1;
  }
  return claims;
}

function timesOf(frames: readonly SeenFrame[]): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  for (const { topic, epoch, seq } of frames) {
    if (seq === undefined) continue;
    const key = `${topic} ${epoch} ${seq}`;
    times.set(key, (times.get(key) ?? 0) + 1);
  }
  return times;
}
