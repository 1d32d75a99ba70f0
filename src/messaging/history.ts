import { Injectable } from '@nestjs/common';
import { Authorizer } from '../auth/authorizer.js';
import type { Principal } from '../auth/principal.js';
import { Refusal } from '../protocol/refusal.js';
import type { ConnectionFacts } from '../telemetry/telemetry.js';
import { Broker } from './broker.js';
import { Hub } from './hub.js';
import { Ledger } from './ledger/ledger.js';
import { type HistoryPage, MessageLog, type ReadRange, type TopicEnds, type TopicSummary } from './message-log.js';
import { Namespaces } from './namespaces.js';
import { requirePermission } from './permission.js';
import { TopicSources } from './topic-source.js';

export interface TopicPageQuery {
  /** Only topics whose name comes after it. */
  readonly after?: string;
  readonly prefix?: string;
  readonly limit: number;
}

/** The connection that asks, and when it began, milliseconds since the epoch. */
export type FetchingConnection = Pick<ConnectionFacts, 'id' | 'openedAt'>;

/** What topics hold, to read and to remove. */
@Injectable()
export class History {
  constructor(
    private readonly log: MessageLog,
    private readonly broker: Broker,
    private readonly sources: TopicSources,
    private readonly namespaces: Namespaces,
    private readonly hub: Hub,
    private readonly authorizer: Authorizer,
    private readonly ledger: Ledger,
  ) {}

  /** Rejects with `PERMISSION_DENIED`, or with `HISTORY_GONE` where messages right after `after` are past their retention. */
  async read(principal: Principal, topic: string, range: ReadRange): Promise<HistoryPage> {
    requirePermission(this.authorizer.maySubscribe(principal, topic));
    const page = await this.sources.of(topic).read(topic, range);
    const { after } = range;
    if (after !== undefined && after > 0 && after < page.floor) {
      throw new Refusal('HISTORY_GONE', `after: history of ${topic} begins at seq ${page.floor + 1}; read on with after=${page.floor}`, {
        field: 'after',
      });
    }
    return page;
  }

  /** Reads for somebody, and records that before the answer leaves. `connection`: the one that asks; undefined: by REST. Rejects as `read`. */
  async fetch(principal: Principal, topic: string, range: ReadRange, connection?: FetchingConnection): Promise<HistoryPage> {
    const page = await this.read(principal, topic, range);
    const { epoch, messages } = page;
    const first = messages[0]?.seq;
    const last = messages.at(-1)?.seq;
    if (first === undefined || last === undefined || this.namespaces.policyFor(topic).ledger === 'off') return page;
    const span = { from: Math.min(first, last), to: Math.max(first, last) };
    const asking = { user: principal.id, connection: connection?.id, connectedAt: connection?.openedAt };
    await this.ledger.fetched({ topic, epoch, ...span, ...asking, at: Date.now() });
    return page;
  }

  async ends(principal: Principal, topic: string): Promise<TopicEnds> {
    requirePermission(this.authorizer.maySubscribe(principal, topic));
    return this.sources.of(topic).ends(topic);
  }

  /** Durable and ephemeral topics in name order; the caller has checked the right to list them. */
  async topics(page: TopicPageQuery): Promise<readonly TopicSummary[]> {
    const [stored, ephemeral] = await Promise.all([this.log.topics(page), this.broker.ephemeralTopics(page)]);
    const byName = new Map<string, TopicSummary>();
    for (const summary of stored) byName.set(summary.topic, summary);
    for (const summary of ephemeral) {
      // A namespace that changed its policy may have left a topic in both; the policy says which one is in use.
      if (!byName.has(summary.topic) || !this.namespaces.policyFor(summary.topic).durable) byName.set(summary.topic, summary);
    }
    return [...byName.values()].sort((left, right) => (left.topic < right.topic ? -1 : 1)).slice(0, page.limit);
  }

  /** Removes a topic and tells its live subscribers (`topic.reset`). Answers whether it existed; the caller has checked the right. */
  async delete(topic: string): Promise<boolean> {
    const { durable } = this.namespaces.policyFor(topic);
    const existed = await (durable ? this.log.delete(topic) : this.broker.deleteEphemeral(topic));
    await this.hub.verify(topic);
    return existed;
  }
}
