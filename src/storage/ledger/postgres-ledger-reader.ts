import { Injectable } from '@nestjs/common';
import { Config } from '../../config/config.js';
import { nodeIdOf } from '../../config/node-id.js';
import type { ConnectionPage } from '../../messaging/gateway-control.js';
import type { ConnectionRecord } from '../../messaging/ledger/connection-record.js';
import {
  type FoundReceipt,
  LedgerReader,
  type MessagePlace,
  type NodeProgress,
  type NodeRun,
  type OutcomeTotals,
  type ReceiptPage,
  type StoredMessage,
} from '../../messaging/ledger/ledger-reader.js';
import type { Fetch } from '../../messaging/ledger/ledger.js';
import type { RefusalRecord } from '../../messaging/ledger/refusal-record.js';
import { Database } from '../database.js';
import { type ClosedConnectionQuery, ClosedConnectionReader } from './closed-connection-reader.js';
import { type CoveringPage, CoveringReader } from './covering-reader.js';
import { EventReader } from './event-reader.js';
import { HeldReceipts } from './held-receipts.js';
import { LedgerQuery } from './ledger-query.js';
import { MessageReader } from './message-reader.js';
import { type ReceiptCount, ReceiptCounts, sumsByRun, totalsOf } from './receipt-counts.js';
import { ReceiptReader } from './receipt-reader.js';
import { Unrecorded } from './unrecorded.js';

/**
 * The ledger as this node's memory and the database of all nodes say it. Memory is looked at first and its receipts are left out of the
 * rows: so each is answered once, as it stood at one moment, whatever is recorded meanwhile, and readers never hold up the writer.
 */
@Injectable()
export class PostgresLedgerReader extends LedgerReader {
  private readonly node: string;
  private readonly coveringReader: CoveringReader;
  private readonly counts: ReceiptCounts;
  private readonly receipts: ReceiptReader;
  private readonly events: EventReader;
  private readonly messages: MessageReader;
  private readonly connections: ClosedConnectionReader;

  constructor(
    database: Database,
    config: Config,
    private readonly unrecorded: Unrecorded,
  ) {
    super();
    const query = new LedgerQuery(database);
    this.node = nodeIdOf(config);
    this.coveringReader = new CoveringReader(query);
    this.counts = new ReceiptCounts(query);
    this.receipts = new ReceiptReader(query);
    this.events = new EventReader(query, unrecorded);
    this.messages = new MessageReader(query, config);
    this.connections = new ClosedConnectionReader(query);
  }

  override async covering(place: MessagePlace, page: CoveringPage): Promise<ReceiptPage> {
    return this.coveringReader.page(place, this.held(place), page);
  }

  override async totals(place: MessagePlace): Promise<OutcomeTotals | undefined> {
    const counts = await this.countsOf(place);
    return counts === undefined ? undefined : totalsOf(counts);
  }

  override async receiptsByRun(place: MessagePlace): Promise<ReadonlyMap<number, number> | undefined> {
    const counts = await this.countsOf(place);
    return counts === undefined ? undefined : sumsByRun(counts);
  }

  override progress(place: MessagePlace): Promise<readonly NodeProgress[]> {
    const { runId: run } = this.unrecorded;
    const open = this.unrecorded.open.of(place.topic);
    const isOpen = open !== undefined && open.epoch === place.epoch && run !== undefined;
    const own = isOpen ? { run, node: this.node, seq: open.seq, marks: [...open.marks] } : undefined;
    return this.receipts.progress(place, own);
  }

  override receiptsOf(user: string, place: MessagePlace, limit: number): Promise<readonly FoundReceipt[]> {
    return this.receipts.ofUser(user, place, this.held(place), limit);
  }

  override receiptsOfConnection(connection: string): Promise<readonly FoundReceipt[]> {
    return this.receipts.ofConnection(connection, HeldReceipts.ofConnection(this.unrecorded, this.node, connection));
  }

  override fetches(place: MessagePlace, by: { readonly user?: string; readonly limit: number }): Promise<readonly Fetch[]> {
    return this.events.fetches(place, by);
  }

  override runs(from: number, to: number): Promise<readonly NodeRun[]> {
    return this.events.runs(from, to);
  }

  override messagesById(
    msgId: string,
    limit: number,
    only: { readonly publisher?: string; readonly topic?: string } = {},
  ): Promise<readonly StoredMessage[]> {
    return this.messages.byId(msgId, limit, only);
  }

  override message(place: MessagePlace): Promise<StoredMessage | undefined> {
    return this.messages.at(place);
  }

  override closedConnections(query: ClosedConnectionQuery): Promise<ConnectionPage> {
    return this.connections.page(query);
  }

  override closedConnection(id: string): Promise<ConnectionRecord | undefined> {
    return this.connections.one(id);
  }

  override refusals(
    user: string,
    by: { readonly topic?: string; readonly from: number; readonly to: number; readonly limit: number },
  ): Promise<readonly RefusalRecord[]> {
    return this.events.refusals(user, by);
  }

  override knows(user: string): Promise<boolean> {
    return this.events.knows(user);
  }

  override erasedAt(user: string): Promise<number | undefined> {
    return this.events.erasedAt(user);
  }

  private held(place: MessagePlace): HeldReceipts {
    return HeldReceipts.ofTopic(this.unrecorded, this.node, place.topic);
  }

  private countsOf(place: MessagePlace): Promise<readonly ReceiptCount[] | undefined> {
    return this.counts.of(place, () => this.held(place));
  }
}
