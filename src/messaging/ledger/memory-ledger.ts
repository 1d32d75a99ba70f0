import { pageOf } from '../connection-page.js';
import type { ConnectionPage, ConnectionQuery } from '../gateway-control.js';
import type { ConnectionRecord } from './connection-record.js';
import {
  type ConnectionSpan,
  type FoundReceipt,
  LedgerReader,
  type MessagePlace,
  type NodeProgress,
  type NodeRun,
  type OutcomeTotals,
  type ReceiptPage,
  type StoredMessage,
} from './ledger-reader.js';
import type { Fetch, Ledger } from './ledger.js';
import { MemoryLedgerStore } from './memory-ledger-store.js';
import type { OpenReceipt, OpenReceipts, TopicProgress } from './open-receipts.js';
import { covers, type Outcome, outcomeOf } from './outcome.js';
import type { Receipt } from './receipt.js';
import { compareReceipts, receiptCursor, receiptPlaceOf } from './receipt-cursor.js';
import type { RefusalRecord } from './refusal-record.js';

const NOTHING_OPEN: OpenReceipts = { moved: () => [], of: () => undefined, ofConnection: () => [] };

/**
 * The ledger of one run of a node in memory, writer and reader: the plain twin that the real one is compared with. What several nodes
 * share is their store. Records at once, except what is still open: that at a checkpoint, which a test orders.
 */
export class MemoryLedger extends LedgerReader implements Ledger {
  readonly run: number;
  private open: OpenReceipts = NOTHING_OPEN;

  constructor(
    readonly store: MemoryLedgerStore = new MemoryLedgerStore(),
    private readonly node = 'node-1',
    private readonly now: () => number = Date.now,
  ) {
    super();
    this.run = store.begin(node, now());
  }

  follow(open: OpenReceipts): void {
    this.open = open;
  }

  recovering(receipt: Receipt): Promise<void> {
    this.store.record(this.run, receipt, false);
    return Promise.resolve();
  }

  closed(receipt: Receipt): void {
    this.store.record(this.run, receipt, false);
  }

  fetched(fetch: Fetch): Promise<void> {
    this.store.fetches.push(fetch);
    return Promise.resolve();
  }

  whenErased(): void {}

  lookForErasures(): void {}

  recordNow(): Promise<number | undefined> {
    this.checkpoint();
    return Promise.resolve(this.run);
  }

  connectionClosed(record: ConnectionRecord): void {
    this.store.connections.set(record.view.id, record);
  }

  refused(user: string, refusal: RefusalRecord): void {
    const entry = { user, run: this.run, refusal };
    const same = this.store.refusals.findIndex((known) => identityOf(known) === identityOf(entry));
    if (same >= 0) this.store.refusals[same] = entry;
    else this.store.refusals.push(entry);
  }

  /** Records how far everything that is open has come. */
  checkpoint(): void {
    const at = this.now();
    for (const progress of this.open.moved()) {
      for (const open of progress.receipts()) this.recordOpen(open, progress);
      const { topic, epoch, seq, marks } = progress;
      this.store.move({ run: this.run, topic, epoch, seq, at, marks: [...marks] });
    }
    this.store.runOf(this.run).recordedTo = at;
  }

  /** Remembers that records of a time were dropped. */
  drop(from: number, to: number): void {
    const run = this.store.runOf(this.run);
    run.gaps = [...run.gaps, { from, to }];
  }

  close(): Promise<void> {
    this.end();
    return Promise.resolve();
  }

  /** Ends in order. */
  end(): void {
    this.checkpoint();
    this.store.runOf(this.run).endedAt = this.now();
  }

  override async covering(
    place: MessagePlace,
    { limit, cursor, outcome }: { readonly limit: number; readonly cursor?: string; readonly outcome?: Outcome },
  ): Promise<ReceiptPage> {
    const after = receiptPlaceOf(cursor);
    const rest = this.covered(place)
      .filter((found) => outcome === undefined || outcomeOf(found.receipt, found.state, place.seq).outcome === outcome)
      .filter((found) => compareReceipts(keyOf(found), after) > 0)
      .toSorted((left, right) => compareReceipts(keyOf(left), keyOf(right)));
    const items = rest.slice(0, limit);
    const last = items.at(-1);
    return Promise.resolve({ items, next: last !== undefined && rest.length > limit ? receiptCursor(keyOf(last)) : undefined });
  }

  override totals(place: MessagePlace): Promise<OutcomeTotals> {
    const totals: Partial<Record<Outcome, number>> = {};
    for (const { receipt, state } of this.covered(place)) {
      const { outcome } = outcomeOf(receipt, state, place.seq);
      totals[outcome] = (totals[outcome] ?? 0) + 1;
    }
    return Promise.resolve(totals);
  }

  override receiptsByRun(place: MessagePlace): Promise<ReadonlyMap<number, number>> {
    const counts = new Map<number, number>();
    for (const { run } of this.covered(place)) counts.set(run, (counts.get(run) ?? 0) + 1);
    return Promise.resolve(counts);
  }

  override progress(place: MessagePlace): Promise<readonly NodeProgress[]> {
    const recorded = this.store.positionsOf(place).filter(({ run }) => run !== this.run);
    const live = this.open.of(place.topic);
    const own = live?.epoch === place.epoch ? { run: this.run, seq: live.seq, marks: live.marks } : this.store.position(this.run, place);
    const progress = [...recorded, ...(own === undefined ? [] : [own])];
    return Promise.resolve(progress.map(({ run, seq, marks }) => ({ run, node: this.store.runOf(run).node, seq, marks })));
  }

  override receiptsOf(user: string, place: MessagePlace, limit: number): Promise<readonly FoundReceipt[]> {
    const own = this.all((receipt) => receipt.user === user && receipt.topic === place.topic, place.topic).toSorted(youngestFirst);
    return Promise.resolve(own.filter((found, index) => index < limit || isCovering(found, place)));
  }

  override receiptsOfConnection(connection: string): Promise<readonly FoundReceipt[]> {
    const live = [...this.open.ofConnection(connection)].map((open) => this.live(open));
    const rows = this.store.found(this.run).filter(({ receipt }) => receipt.connection === connection);
    return Promise.resolve(
      merged(live, rows).toSorted((left, right) =>
        left.receipt.topic < right.receipt.topic ? -1 : left.receipt.topic > right.receipt.topic ? 1 : 0,
      ),
    );
  }

  override fetches(place: MessagePlace, { user, limit }: { readonly user?: string; readonly limit: number }): Promise<readonly Fetch[]> {
    const own = this.store.fetches.filter(
      (fetch) =>
        fetch.topic === place.topic &&
        fetch.epoch === place.epoch &&
        fetch.from <= place.seq &&
        fetch.to >= place.seq &&
        (user === undefined || fetch.user === user),
    );
    return Promise.resolve(own.toSorted((left, right) => left.at - right.at).slice(0, limit));
  }

  override runs(from: number, to: number): Promise<readonly NodeRun[]> {
    const alive = this.store.runs.filter(({ startedAt, endedAt, lostAt }) => startedAt <= to && (endedAt ?? lostAt ?? Infinity) >= from);
    return Promise.resolve(alive.map((run) => (run.run === this.run ? { ...run, recordedTo: this.now() } : { ...run })));
  }

  override messagesById(
    msgId: string,
    limit: number,
    { publisher, topic }: { readonly publisher?: string; readonly topic?: string } = {},
  ): Promise<readonly StoredMessage[]> {
    const found = this.store.messages.filter(
      (message) =>
        message.msgId === msgId &&
        message.storedAt !== undefined &&
        (publisher === undefined || message.publisher === publisher) &&
        (topic === undefined || message.topic === topic),
    );
    return Promise.resolve(found.toSorted((left, right) => (right.storedAt ?? 0) - (left.storedAt ?? 0)).slice(0, limit));
  }

  override message({ topic, epoch, seq }: MessagePlace): Promise<StoredMessage | undefined> {
    return Promise.resolve(
      this.store.messages.find((message) => message.topic === topic && message.epoch === epoch && message.seq === seq),
    );
  }

  override async closedConnections(query: ConnectionQuery & ConnectionSpan): Promise<ConnectionPage> {
    const views = [...this.store.connections.values()].map(({ view }) => view);
    return Promise.resolve(pageOf(views, query));
  }

  override closedConnection(id: string): Promise<ConnectionRecord | undefined> {
    return Promise.resolve(this.store.connections.get(id));
  }

  override refusals(
    user: string,
    { topic, from, to, limit }: { readonly topic?: string; readonly from: number; readonly to: number; readonly limit: number },
  ): Promise<readonly RefusalRecord[]> {
    const own = this.store.refusals
      .filter((entry) => entry.user === user)
      .map(({ refusal }) => refusal)
      .filter((refusal) => topic === undefined || refusal.topic === undefined || refusal.topic === topic)
      .filter((refusal) => refusal.lastAt >= from && refusal.firstAt <= to);
    return Promise.resolve(own.toSorted((left, right) => right.lastAt - left.lastAt).slice(0, limit));
  }

  override knows(user: string): Promise<boolean> {
    const { fetches, connections, refusals } = this.store;
    return Promise.resolve(
      this.store.found(this.run).some(({ receipt }) => receipt.user === user) ||
        fetches.some((fetch) => fetch.user === user) ||
        refusals.some((entry) => entry.user === user) ||
        [...connections.values()].some(({ view }) => view.user === user),
    );
  }

  override erasedAt(user: string): Promise<number | undefined> {
    return Promise.resolve(this.store.erasures.get(user));
  }

  private recordOpen(open: OpenReceipt, progress: TopicProgress): void {
    if (open.recorded && !open.hasNews) return;
    const isNew = !open.recorded;
    const receipt = open.snapshot();
    const isOfEpoch = receipt.epoch === progress.epoch;
    // It was owed nothing yet.
    if (isNew && isOfEpoch && receipt.after >= progress.seq) return;
    open.recorded = true;
    this.store.record(this.run, receipt, isOfEpoch && receipt.written >= progress.seq);
  }

  private covered(place: MessagePlace): readonly FoundReceipt[] {
    return this.all((receipt) => receipt.topic === place.topic, place.topic).filter((found) => isCovering(found, place));
  }

  private all(isWanted: (receipt: Receipt) => boolean, topic: string): readonly FoundReceipt[] {
    const live = [...(this.open.of(topic)?.receipts() ?? [])].map((open) => this.live(open));
    return merged(live, this.store.found(this.run)).filter(({ receipt }) => isWanted(receipt));
  }

  private live(open: OpenReceipt): FoundReceipt {
    return { receipt: open.look(), node: this.node, run: this.run, state: { kind: 'open' } };
  }
}

function merged(live: readonly FoundReceipt[], rows: readonly FoundReceipt[]): readonly FoundReceipt[] {
  const isLive = (row: FoundReceipt): boolean => live.some((found) => compareReceipts(keyOf(found), keyOf(row)) === 0);
  return [...live, ...rows.filter((row) => !isLive(row))];
}

function keyOf({ run, receipt }: FoundReceipt): { readonly run: number; readonly no: number } {
  return { run, no: receipt.no };
}

function isCovering({ receipt }: FoundReceipt, { epoch, seq }: MessagePlace): boolean {
  return receipt.epoch === epoch && covers(receipt, seq);
}

function youngestFirst(left: FoundReceipt, right: FoundReceipt): number {
  return right.receipt.openedAt - left.receipt.openedAt || compareReceipts(keyOf(right), keyOf(left));
}

function identityOf({ user, run, refusal }: { readonly user: string; readonly run: number; readonly refusal: RefusalRecord }): string {
  const { kind, code, rule, topic, firstAt } = refusal;
  return JSON.stringify([user, run, kind, code, rule ?? '', topic ?? '', firstAt]);
}
