import { Injectable, Logger } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import {
  type ConnectionPage,
  type ConnectionQuery,
  type ConnectionView,
  GatewayControl,
  type SubscriptionView,
} from '../../messaging/gateway-control.js';
import type { ConnectionRecord } from '../../messaging/ledger/connection-record.js';
import { type ConnectionSpan, LedgerReader } from '../../messaging/ledger/ledger-reader.js';
import { mergedPage } from '../../messaging/merged-connections.js';
import { pageOfNodes, withMore } from '../../messaging/pages-of-nodes.js';
import type { MissingNode } from '../../protocol/ops/missing-node.js';
import { Refusal } from '../../protocol/refusal.js';
import { findProvider } from '../node-life.js';
import { EveryNode } from '../nodes/every-node.js';
import { type ConnectionRemains, remainsOf } from './connection-remains.js';

/** A page that says whether it is all there is. */
export interface FoundConnections extends ConnectionPage {
  readonly complete: boolean;
  /** What of the ledger is missing, where something is. */
  readonly why?: string;
  /** Nodes whose open connections are not among them. */
  readonly missing: readonly MissingNode[];
}

/** One connection of any node, with how far its subscriptions are where it is open. */
export interface FoundConnection extends ConnectionRecord {
  readonly subscriptions?: readonly SubscriptionView[];
}

type Query = ConnectionQuery & ConnectionSpan;

const RETRY_AFTER_MS = 1_000;
const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const REF = /^[0-9A-Z]{4}-[0-9A-Z]{4}$/i;

/** Questions to every node: a page of its memory, one connection by id, and the views of many. */
const LIST = 'ops.connections';
const ONE = 'ops.connection';
const VIEWS = 'ops.connection-views';

/** Connections, open and closed, of every node's memory and of the ledger as one. */
@Injectable()
export class ConnectionSearch {
  private readonly logger = new Logger(ConnectionSearch.name);

  constructor(
    private readonly modules: ModuleRef,
    private readonly nodes: EveryNode,
  ) {
    nodes.answerOthers(LIST, (query: Query) => this.gateway.connections(query));
    nodes.answerOthers(ONE, ({ id }: { readonly id: string }) => this.here(id) ?? null);
    nodes.answerOthers(VIEWS, ({ ids }: { readonly ids: readonly string[] }) =>
      ids.flatMap((id) => {
        const view = this.gateway.connection(id);
        // Of a connection with thousands of topics nobody who asks for many needs these.
        return view === undefined ? [] : [{ ...view, topics: [] }];
      }),
    );
  }

  async list(query: Query): Promise<FoundConnections> {
    const { node } = query.filters;
    // A node that is not known any more has no open connections; its closed ones are recorded.
    const others =
      node !== undefined && (node === this.nodes.self || !this.nodes.knows(node))
        ? { answers: [], missing: [] }
        : await this.nodes.askOthers<ConnectionPage>(LIST, query, { only: node });
    const { missing } = others;
    const pages = others.answers.map(({ answer }) => answer);
    if (query.state === 'open') return { ...pageOfNodes([this.gateway.connections(query), ...pages], query), complete: true, missing };
    // Closed ones are looked up in memory before the ledger too: meanwhile some may be forgotten here. The later look wins.
    const before = this.remembered({ ...query, state: 'closed' });
    const { page: recorded, why } = await this.recorded(query);
    const now = this.remembered(query);
    const seen = new Set(now.map(({ id }) => id));
    const remembered = [...now, ...before.filter(({ id }) => !seen.has(id)), ...pages.flatMap(({ items }) => items)];
    const isMore = pages.some(({ next }) => next !== undefined);
    const page = withMore(mergedPage(remembered, recorded, query), isMore, query);
    return { ...page, complete: why === undefined, ...(why === undefined ? {} : { why }), missing };
  }

  /** By id, or by the ref that its client shows: then the latest one that had it. Rejects with `NOT_FOUND`, or `UNAVAILABLE`. */
  async one(idOrRef: string): Promise<FoundConnection | ConnectionRemains> {
    const name = idOrRef.trim();
    const id = REF.test(name) ? await this.idOf(name) : name.toLowerCase();
    const remembered = this.here(id);
    if (remembered !== undefined) return remembered;
    if (!ID.test(id)) throw noSuchConnection([]);
    const { answers, missing } = await this.nodes.askOthers<FoundConnection>(ONE, { id });
    const [elsewhere] = answers;
    if (elsewhere !== undefined) return elsewhere.answer;
    const recorded = await this.reader?.closedConnection(id);
    // It may have closed while the ledger was asked.
    const found = recorded ?? this.gateway.record(id);
    if (found !== undefined) return found;
    const remains = remainsOf(id, (await this.reader?.receiptsOfConnection(id)) ?? [], missing);
    if (remains === undefined) throw noSuchConnection(missing);
    return remains;
  }

  /** Those of these that other nodes have in memory. */
  async elsewhere(ids: readonly string[]): Promise<readonly ConnectionView[]> {
    if (ids.length === 0) return [];
    const { answers } = await this.nodes.askOthers<readonly ConnectionView[]>(VIEWS, { ids });
    return answers.flatMap(({ answer }) => answer);
  }

  private here(id: string): FoundConnection | undefined {
    const record = this.gateway.record(id);
    const subscriptions = record === undefined || record.view.state === 'closed' ? undefined : this.gateway.subscriptions(id);
    return record === undefined || subscriptions === undefined ? record : { ...record, subscriptions };
  }

  private async idOf(ref: string): Promise<string> {
    const query: Query = { state: 'all', sort: '-opened_at', limit: 1, cursor: undefined, filters: { ref } };
    const [remembered] = this.gateway.connections(query).items;
    if (remembered !== undefined && remembered.state !== 'closed') return remembered.id;
    const { items, why, missing } = await this.list(query);
    if (items[0] !== undefined) return items[0].id;
    if (why !== undefined) throw new Refusal('UNAVAILABLE', `no connection with this ref is in memory, and ${why}`);
    throw noSuchConnection(missing);
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

function noSuchConnection(missing: readonly MissingNode[]): Refusal {
  if (missing.length > 0)
    return new Refusal(
      'UNAVAILABLE',
      `no connection that is known has this id or ref, but not every node was heard: ${missing.map(({ node, says }) => `${node} ${says}`).join('; ')}`,
      { retryAfterMs: RETRY_AFTER_MS },
    );
  return new Refusal(
    'NOT_FOUND',
    'no connection has this id or ref, and none is recorded: it may have ended longer ago than records are kept, or is mistyped',
  );
}
