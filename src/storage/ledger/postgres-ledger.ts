import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Config } from '../../config/config.js';
import { nodeIdOf } from '../../config/node-id.js';
import type { ConnectionRecord } from '../../messaging/ledger/connection-record.js';
import type { ErasedUsers } from '../../messaging/ledger/erased-users.js';
import { type Fetch, Ledger } from '../../messaging/ledger/ledger.js';
import type { OpenReceipts } from '../../messaging/ledger/open-receipts.js';
import type { Receipt } from '../../messaging/ledger/receipt.js';
import type { RefusalRecord } from '../../messaging/ledger/refusal-record.js';
import { Telemetry } from '../../telemetry/telemetry.js';
import { Database } from '../database.js';
import { QueryFailure } from '../query-failure.js';
import { Checkpoint } from './checkpoint.js';
import { type Entry, spanOf } from './entry.js';
import { ErasureFeed } from './erasure-feed.js';
import { FlushGroup } from './flush-group.js';
import { FlushLoop } from './flush-loop.js';
import { Gaps, type Span } from './gaps.js';
import { homeOf } from './home.js';
import { Journal } from './journal.js';
import { type Batch, LedgerFlush } from './ledger-flush.js';
import { LedgerHealth } from './ledger-health.js';
import { LedgerRun, RunForgotten } from './ledger-run.js';
import { OutageLog } from './outage-log.js';
import { NOTHING_OPEN, type Unrecorded } from './unrecorded.js';

/** After a failure that does not open the circuit, such as a full disk. */
const RETRY_MS = 1_000;
/** A start does not wait longer for its row. */
const LONGEST_START_MS = 500;
/** A stop does not wait longer for its last records. */
const LONGEST_STOP_MS = 3_000;
/** Who asks for what is recorded now is not kept waiting for longer. */
const LONGEST_RECORD_MS = 500;
const MOST_RECORD_TRIES = 5;
/** Checkpoints that may be late before something is wrong. */
const TOLERATED_CHECKPOINTS = 3;

/**
 * The ledger in Postgres. One writer for each node: what has ended is recorded within `ledger.flushMs`, what goes on every
 * `ledger.checkpointMs`; each time in one transaction, so that a position never says more than the receipts beside it. What has a row of
 * what is open is `rows`; everything else that is open is only in memory, and is answered from there.
 */
@Injectable()
export class PostgresLedger extends Ledger implements Unrecorded, OnApplicationBootstrap {
  private readonly startedAt = Date.now();
  private readonly outage = new OutageLog(new Logger('Ledger'));
  private readonly gaps = new Gaps();
  private readonly journal: Journal;
  private readonly rows = new Set<number>();
  private readonly run: LedgerRun;
  private readonly writer: LedgerFlush;
  private readonly erasures: ErasureFeed;
  private onErased: (erased: ErasedUsers) => void = () => undefined;
  private readonly loop: FlushLoop;
  private followed: OpenReceipts = NOTHING_OPEN;
  private checkpoint: Checkpoint | undefined;
  private checkpointTimer: NodeJS.Timeout | undefined;
  private isCheckpointDue = true;
  /** What could not be recorded yet; goes before everything else, as it is. */
  private inHand: Batch | undefined;
  private group: FlushGroup | undefined;
  private fetches = 0;
  private recordedTo = this.startedAt;
  private droppedAt: number | undefined;

  constructor(
    private readonly database: Database,
    private readonly config: Config,
    private readonly telemetry: Telemetry,
    health: LedgerHealth,
  ) {
    super();
    const { records, recordBytes, flushMs } = config.ledger;
    this.journal = new Journal({ records, bytes: recordBytes });
    const joined = config.cluster.redisUrl !== undefined;
    const place = { name: nodeIdOf(config), home: homeOf(config), kept: keptBy(config), joined };
    this.run = new LedgerRun(database, place, this.startedAt);
    this.erasures = new ErasureFeed(database);
    this.writer = new LedgerFlush(
      database,
      this.run,
      () => this.gaps.flat,
      (entry, failure) => {
        this.drop(entry);
        this.outage.unstorable(entry.kind, failure.message);
      },
    );
    this.loop = new FlushLoop(() => this.flush(), flushMs);
    database.onCircuitChange(() => this.loop.now());
    health.watch(() => ({
      openRows: this.rows.size,
      waiting: this.journal.size,
      recordedTo: this.recordedTo,
      droppedAt: this.droppedAt,
      toleratedMs: TOLERATED_CHECKPOINTS * config.ledger.checkpointMs,
    }));
  }

  /** Number of this run among all starts of all nodes; undefined until the database was there. */
  get runId(): number | undefined {
    return this.run.id;
  }

  get open(): OpenReceipts {
    return this.followed;
  }

  *closings(): Iterable<Receipt> {
    for (const entry of this.journal.unrecorded()) if (entry.kind === 'closed') yield entry.receipt;
  }

  *waitingFetches(): Iterable<Fetch> {
    for (const entry of this.journal.unrecorded()) if (entry.kind === 'fetch') yield entry.fetch;
  }

  droppedTimes(): readonly Span[] {
    return this.gaps.all;
  }

  override follow(open: OpenReceipts): void {
    this.followed = open;
    this.checkpoint = new Checkpoint(open, this.rows);
  }

  override whenErased(listener: (erased: ErasedUsers) => void): void {
    this.onErased = listener;
  }

  override lookForErasures(): void {
    this.checkpointNow();
  }

  /** Says that this node is there before it takes connections, where the database does not take too long. */
  async onApplicationBootstrap(): Promise<void> {
    this.checkpointTimer = setInterval(() => this.checkpointNow(), this.config.ledger.checkpointMs);
    this.checkpointTimer.unref();
    const group = this.join(LONGEST_START_MS);
    this.loop.now();
    await group;
  }

  override recovering(receipt: Receipt): Promise<void> {
    this.checkpoint?.owe(receipt.topic);
    if (!this.isWorthWaiting) return Promise.resolve();
    // What is open stays in memory whether it fits or not.
    this.journal.add({ kind: 'open', receipt, follows: false }, true);
    this.rows.add(receipt.no);
    return this.soonRecorded();
  }

  override closed(receipt: Receipt): void {
    const hadRow = this.rows.delete(receipt.no);
    if (!hadRow && receipt.head <= receipt.after) return;
    this.add({ kind: 'closed', receipt }, hadRow);
    this.loop.soon();
  }

  override fetched(fetch: Fetch): Promise<void> {
    this.fetches += 1;
    const isTaken = this.add({ kind: 'fetch', no: this.fetches, fetch });
    return isTaken && this.isWorthWaiting ? this.soonRecorded() : Promise.resolve();
  }

  override connectionClosed(record: ConnectionRecord): void {
    this.add({ kind: 'connection', record });
    this.loop.soon();
  }

  override refused(user: string, refusal: RefusalRecord): void {
    this.add({ kind: 'refusal', user, refusal });
    this.loop.soon();
  }

  /**
   * Records what is known by now, where that is quick, and does `reader` while nothing else is recorded, for a bounded time: so rows and
   * memory can be read as of one moment. Rejects with what `reader` rejects with.
   */
  async still<T>(reader: () => Promise<T>): Promise<T> {
    if (this.isWorthWaiting && (!this.journal.isEmpty || this.inHand !== undefined)) await this.soonRecorded();
    return this.loop.pausedFor(reader);
  }

  override async recordNow(): Promise<number | undefined> {
    const asked = Date.now();
    // A checkpoint that is under way may have been read before: then one more follows. All who ask meanwhile share it.
    for (let tries = 0; this.recordedTo <= asked && tries < MOST_RECORD_TRIES && this.isWorthWaiting; tries += 1) {
      this.checkpointNow();
      await this.join(LONGEST_RECORD_MS);
    }
    return this.recordedTo > asked ? this.run.id : undefined;
  }

  /** Records the rest, and that this run ended in order. Afterwards nothing is recorded any more. */
  override async close(): Promise<void> {
    clearInterval(this.checkpointTimer);
    const deadline = performance.now() + LONGEST_STOP_MS;
    if (!(await this.loop.stop(LONGEST_STOP_MS))) return;
    do {
      this.isCheckpointDue = true;
      await this.flush();
    } while ((this.inHand !== undefined || !this.journal.isEmpty) && this.isWorthWaiting && performance.now() < deadline);
    if (this.run.id !== undefined && this.inHand === undefined && this.journal.isEmpty) await this.end(this.run.id);
  }

  private async end(run: number): Promise<void> {
    try {
      await this.database.query('ledger', this.run.ended(run, Date.now()));
    } catch {
      // Then it counts as lost, which claims less.
    }
  }

  private get isWorthWaiting(): boolean {
    return this.database.circuit.state === 'closed';
  }

  private checkpointNow(): void {
    this.isCheckpointDue = true;
    this.loop.now();
  }

  private soonRecorded(): Promise<void> {
    const { waitMs } = this.config.ledger;
    this.loop.now();
    return waitMs === 0 ? Promise.resolve() : this.join(waitMs);
  }

  /** Waits with all others who wait for the next flush. */
  private join(longestMs: number): Promise<void> {
    this.group ??= new FlushGroup(longestMs);
    return this.group.recorded;
  }

  private add(entry: Entry, hasRow = false): boolean {
    if (this.journal.add(entry, hasRow)) return true;
    this.drop(entry);
    this.outage.dropped();
    return false;
  }

  private drop(entry: Entry): void {
    const span = spanOf(entry);
    if (span !== undefined) this.gaps.add(...span);
    this.droppedAt = Date.now();
    this.telemetry.ledgerDropped(entry.kind, 1);
  }

  /** Never rejects. */
  private async flush(): Promise<void> {
    const group = this.group;
    this.group = undefined;
    if (!this.isWorthWaiting) this.checkpoint?.remember();
    else await this.writeNext();
    group?.end();
  }

  private async writeNext(): Promise<void> {
    let batch = this.inHand;
    try {
      batch ??= await this.next();
      if (batch === undefined) return;
      await this.writer.write(batch);
      this.written(batch);
    } catch (failure) {
      this.inHand = batch;
      this.failed(failure);
    }
  }

  /**
   * What is to be recorded now: everything that was told and, where it is time, everything that goes on. A user who was erased before
   * `recordedTo` has been told to leave by then: what they are given is not recorded, so it may not be said to be.
   */
  private async next(): Promise<Batch | undefined> {
    if (!this.isCheckpointDue)
      return this.journal.isEmpty ? undefined : { entries: this.journal.take(), positions: [], recordedTo: undefined };
    const recordedTo = Date.now();
    const erased = await this.erasures.read();
    if (erased !== undefined) this.onErased(erased);
    this.isCheckpointDue = false;
    const snapshot = this.checkpoint?.read() ?? { entries: [], positions: [] };
    for (const entry of snapshot.entries) this.journal.add(entry, true);
    return { entries: this.journal.take(), positions: snapshot.positions, recordedTo };
  }

  private written({ entries, recordedTo }: Batch): void {
    const wasLate = this.inHand !== undefined;
    this.inHand = undefined;
    this.journal.release(entries);
    if (recordedTo !== undefined) this.recordedTo = recordedTo;
    this.outage.over();
    for (const [kind, found] of Map.groupBy(entries, (entry) => entry.kind)) this.telemetry.ledgerRecorded(kind, found.length);
    // Meanwhile others came.
    if (wasLate) this.checkpointNow();
  }

  private failed(failure: unknown): void {
    if (failure instanceof RunForgotten) {
      this.run.forget();
      this.rows.clear();
      this.outage.began('the row of this run has gone from the database; a new one is made');
    } else if (!(failure instanceof QueryFailure) || failure.kind === 'rejected') this.outage.began(String(failure));
    setTimeout(() => this.loop.now(), RETRY_MS).unref();
  }
}

/** An absence proves something only where receipts were kept. */
function keptBy({ messaging }: Config): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(messaging.namespaces).map(([name, policy]) => [name, policy.ledger === 'off' ? -1 : policy.ledger_age_s]),
  );
}
