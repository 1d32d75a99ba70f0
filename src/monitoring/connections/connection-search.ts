import { Injectable, Logger } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { type ConnectionPage, type ConnectionQuery, type ConnectionView, GatewayControl } from '../../messaging/gateway-control.js';
import type { ConnectionRecord } from '../../messaging/ledger/connection-record.js';
import { type ConnectionSpan, LedgerReader } from '../../messaging/ledger/ledger-reader.js';
import { mergedPage } from '../../messaging/merged-connections.js';
import { Refusal } from '../../protocol/refusal.js';
import { findProvider } from '../node-life.js';
import { type ConnectionRemains, remainsOf } from './connection-remains.js';

/** A page that says whether it is all there is. */
export interface FoundConnections extends ConnectionPage {
  readonly complete: boolean;
  /** What is missing, where something is. */
  readonly why?: string;
}

type Query = ConnectionQuery & ConnectionSpan;

const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const REF = /^[0-9A-Z]{4}-[0-9A-Z]{4}$/i;

/** Connections, open and closed, of memory and of the ledger as one. */
@Injectable()
export class ConnectionSearch {
  private readonly logger = new Logger(ConnectionSearch.name);

  constructor(private readonly modules: ModuleRef) {}

  async list(query: Query): Promise<FoundConnections> {
    if (query.state === 'open') return { ...this.gateway.connections(query), complete: true };
    // Closed ones are looked up in memory before the ledger too: meanwhile some may be forgotten here. The later look wins.
    const before = this.remembered({ ...query, state: 'closed' });
    const { page: recorded, why } = await this.recorded(query);
    const now = this.remembered(query);
    const seen = new Set(now.map(({ id }) => id));
    const page = mergedPage([...now, ...before.filter(({ id }) => !seen.has(id))], recorded, query);
    return { ...page, complete: why === undefined, ...(why === undefined ? {} : { why }) };
  }

  /** By id, or by the ref that its client shows: then the latest one that had it. Rejects with `NOT_FOUND`, or `UNAVAILABLE`. */
  async one(idOrRef: string): Promise<ConnectionRecord | ConnectionRemains> {
    const name = idOrRef.trim();
    const id = REF.test(name) ? await this.idOf(name) : name.toLowerCase();
    const remembered = this.gateway.record(id);
    if (remembered !== undefined) return remembered;
    if (!ID.test(id)) throw noSuchConnection();
    const recorded = await this.reader?.closedConnection(id);
    // It may have closed while the ledger was asked.
    const found = recorded ?? this.gateway.record(id);
    if (found !== undefined) return found;
    const remains = remainsOf(id, (await this.reader?.receiptsOfConnection(id)) ?? []);
    if (remains === undefined) throw noSuchConnection();
    return remains;
  }

  private async idOf(ref: string): Promise<string> {
    const query: Query = { state: 'all', sort: '-opened_at', limit: 1, cursor: undefined, filters: { ref } };
    const [remembered] = this.gateway.connections(query).items;
    if (remembered !== undefined && remembered.state !== 'closed') return remembered.id;
    const { items, why } = await this.list(query);
    if (items[0] !== undefined) return items[0].id;
    if (why !== undefined) throw new Refusal('UNAVAILABLE', `no connection with this ref is in memory, and ${why}`);
    throw noSuchConnection();
  }

  /** All that memory has of a query, whatever the size of the page: there are few. */
  private remembered(query: Query): readonly ConnectionView[] {
    return this.gateway.connections({ ...query, limit: Infinity }).items;
  }

  private async recorded(query: Query): Promise<{ readonly page: ConnectionPage; readonly why?: string }> {
    const nothing: ConnectionPage = { items: [], next: undefined };
    const { reader } = this;
    if (reader === undefined) return { page: nothing, why: 'this node keeps no ledger' };
    try {
      return { page: await reader.closedConnections(query) };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.code !== 'UNAVAILABLE') throw error;
      this.logger.warn(`closed connections could not be looked up: ${error.message}`);
      return { page: nothing, why: `older ones could not be looked up: ${error.message}` };
    }
  }

  private get gateway(): GatewayControl {
    const gateway = findProvider(this.modules, GatewayControl);
    if (gateway === undefined) throw new Refusal('UNAVAILABLE', 'this node has not started completely; ask again soon');
    return gateway;
  }

  private get reader(): LedgerReader | undefined {
    return findProvider(this.modules, LedgerReader);
  }
}

function noSuchConnection(): Refusal {
  return new Refusal(
    'NOT_FOUND',
    'no connection has this id or ref, and none is recorded: it may have ended longer ago than records are kept, or is mistyped',
  );
}
