import type { Decision } from '../../auth/authorizer.js';
import { Refusal } from '../../protocol/refusal.js';
import type { Sources } from './ledger-sources.js';

/** One connection that a publish would reach now. */
export interface WouldReceive {
  readonly user: string;
  readonly connection_id: string;
  readonly ref?: string;
  readonly node: string;
  readonly client?: string;
  /** It is still being given what it missed; live messages follow that. */
  readonly joining: boolean;
  /** Bytes wait for it: it would get the message later than the others. */
  readonly slow: boolean;
  readonly queued_bytes: number;
  readonly acknowledges: boolean;
}

/** Whether a publisher may publish there, by one of the credentials that it uses now. */
export interface MayPublish {
  readonly publisher: string;
  /** Undefined where only a token would tell, and nobody of this name is connected with one. */
  readonly allowed?: boolean;
  readonly rule: string;
  readonly detail: string;
}

export interface DryRun {
  readonly topic: string;
  readonly namespace_ledger: 'receipts' | 'off';
  /** Connections of this node that would be offered a message published now. */
  readonly total: number;
  readonly users: number;
  readonly items: readonly WouldReceive[];
  readonly may_publish?: MayPublish;
  readonly as_of: number;
  readonly next?: string;
}

export interface DryRunQuery {
  readonly topic: string;
  readonly user?: string | undefined;
  readonly publisher?: string | undefined;
  readonly limit: number;
  /** Id of the connection that the page before ended with. */
  readonly cursor?: string | undefined;
}

/** Who would receive a message that was published now: live subscriptions, without publishing anything. */
export async function dryRun(sources: Sources, query: DryRunQuery): Promise<DryRun> {
  const { topic, user, publisher, limit, cursor } = query;
  const all = sources.subscribers.of(topic).filter((live) => user === undefined || live.user === user);
  const rest = cursor === undefined ? all : all.filter(({ connection }) => connection > cursor);
  const page = rest.slice(0, limit);
  const items = page.map(({ connection, user: whose, joining, acknowledges }): WouldReceive => {
    const view = sources.gateway.connection(connection);
    return {
      user: whose,
      connection_id: connection,
      ...(view === undefined ? {} : { ref: view.ref }),
      node: view?.node ?? sources.node,
      ...(view?.client === undefined ? {} : { client: view.client }),
      joining,
      slow: (view?.queued_bytes ?? 0) > 0,
      queued_bytes: view?.queued_bytes ?? 0,
      acknowledges,
    };
  });
  return {
    topic,
    namespace_ledger: sources.stored.policyFor(topic).ledger,
    total: all.length,
    users: new Set(all.map((live) => live.user)).size,
    items,
    ...(publisher === undefined ? {} : { may_publish: await mayPublish(sources, publisher, topic) }),
    as_of: Date.now(),
    ...(rest.length > page.length ? { next: page.at(-1)?.connection as string } : {}),
  };
}

async function mayPublish(sources: Sources, publisher: string, topic: string): Promise<MayPublish> {
  const { rights } = sources;
  if (publisher.startsWith('key:')) {
    const key = await rights.key(publisher.slice('key:'.length));
    if (key === undefined)
      throw new Refusal('NOT_FOUND', `no API key in use is named ${publisher.slice('key:'.length)}; see waybill keys list`);
    return answer(publisher, rights.mayPublish(key, topic), 'its scopes decide');
  }
  const [block] = rights.keptOut(publisher);
  if (block?.kind === 'block')
    return {
      publisher,
      allowed: false,
      rule: 'user.block',
      detail: `${publisher} is blocked by ${block.by}: no token of theirs is accepted`,
    };
  const anybody = rights.mayPublish(rights.withoutGrants(publisher), topic);
  if (anybody.allowed) return answer(publisher, anybody, 'whatever their token grants');
  const decisions = [...sources.subscribers.principalsOf(publisher).values()].map((principal) => rights.mayPublish(principal, topic));
  const granted = decisions.find(({ allowed }) => allowed);
  if (granted !== undefined) return answer(publisher, granted, 'by the token of an open connection of theirs');
  if (decisions[0] !== undefined) return answer(publisher, decisions[0], '');
  const { rule } = anybody;
  return {
    publisher,
    rule,
    detail: `only a token whose claims cover it may (${rule}), and ${publisher} has no open connection whose token would tell`,
  };
}

function answer(publisher: string, decision: Decision, why: string): MayPublish {
  const { allowed, rule } = decision;
  return { publisher, allowed, rule, detail: decision.allowed ? `${publisher} may publish by ${rule}: ${why}` : decision.message };
}
