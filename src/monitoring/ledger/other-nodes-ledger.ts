import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { Decision } from '../../auth/authorizer.js';
import type { ConnectionView } from '../../messaging/gateway-control.js';
import { Ledger } from '../../messaging/ledger/ledger.js';
import { ConnectionSearch } from '../connections/connection-search.js';
import { findProvider } from '../node-life.js';
import { EveryNode } from '../nodes/every-node.js';
import { LedgerSources } from './ledger-sources.js';
import type { OtherNodes, RecordedElsewhere, UserElsewhere, UserQuestion } from './other-nodes.js';

const RECORD = 'ledger.record';
const USER = 'ops.user';
/** Connections of one user that a node tells of. */
const MOST_CONNECTIONS = 20;

/**
 * What answers about messages and users need of the other nodes' memory. Receipts are not fetched from them: each is asked to record what it has, and
 * the database, which every node reads alike, is read after that. So totals, pages and cursors are those of one table, whichever node is asked.
 */
@Injectable()
export class OtherNodesLedger implements OtherNodes {
  constructor(
    modules: ModuleRef,
    private readonly nodes: EveryNode,
    private readonly search: ConnectionSearch,
    private readonly sources: LedgerSources,
  ) {
    nodes.answerOthers(RECORD, async () => ({ run: await findProvider(modules, Ledger)?.recordNow() }));
    nodes.answerOthers(USER, (question: UserQuestion) => this.here(question));
    sources.join(this);
  }

  /** Makes every other node record what its subscriptions have been given until now. */
  async recorded(): Promise<RecordedElsewhere> {
    const { answers, missing } = await this.nodes.askOthers<{ readonly run?: number }>(RECORD, {});
    return { upToDate: new Set(answers.flatMap(({ answer: { run } }) => run ?? [])), missing };
  }

  async user(question: UserQuestion): Promise<UserElsewhere> {
    const { answers, missing } = await this.nodes.askOthers<Omit<UserElsewhere, 'missing'>>(USER, question);
    const all = <Item>(of: (answer: Omit<UserElsewhere, 'missing'>) => readonly Item[]): readonly Item[] =>
      answers.flatMap(({ answer }) => of(answer));
    return {
      connections: all((answer) => answer.connections),
      subscribed: all((answer) => answer.subscribed),
      maySubscribe: all((answer) => answer.maySubscribe),
      mayPublish: all((answer) => answer.mayPublish),
      missing,
    };
  }

  /** Those of these connections that other nodes have in memory. */
  connections(ids: readonly string[]): Promise<readonly ConnectionView[]> {
    return this.search.elsewhere(ids);
  }

  private here({ user, topic }: UserQuestion): Omit<UserElsewhere, 'missing'> {
    const { subscribers, gateway, rights } = this.sources;
    const principals = subscribers.principalsOf(user);
    const views = [...principals.keys()].slice(0, MOST_CONNECTIONS).flatMap((id) => gateway.connection(id) ?? []);
    const subscribed = subscribers.of(topic).filter((live) => live.user === user);
    return {
      connections: views.map((view) => ({ ...view, topics: [] })),
      subscribed: subscribed.slice(0, MOST_CONNECTIONS).map(({ connection }) => gateway.connection(connection)?.ref ?? connection),
      maySubscribe: best([...principals.values()].map((principal) => rights.maySubscribe(principal, topic))),
      mayPublish: best([...principals.values()].map((principal) => rights.mayPublish(principal, topic))),
    };
  }
}

/** The one that counts: one that allows, else the first. */
function best(decisions: readonly Decision[]): readonly Decision[] {
  const decision = decisions.find(({ allowed }) => allowed) ?? decisions[0];
  return decision === undefined ? [] : [decision];
}
