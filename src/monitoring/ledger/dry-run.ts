import type { Decision } from '../../auth/authorizer.js';
import { Refusal } from '../../protocol/refusal.js';
import type { Asked } from '../../cluster/open-call.js';
import type { MissingNode } from '../../protocol/ops/missing-node.js';
import type { DryRunPart, WouldReceive } from './dry-run-part.js';
import type { Sources } from './ledger-sources.js';

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
  /** Connections, on all nodes, that would be offered a message published now. */
  readonly total: number;
  /** Null where they are thousands on several nodes, and who is on two of them was not looked at. */
  readonly users: number | null;
  readonly items: readonly WouldReceive[];
  readonly may_publish?: MayPublish;
  /** Nodes that did not answer: their connections are not counted. */
  readonly missing: readonly MissingNode[];
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

/** Makes one of what the nodes say who would receive a message now; nothing is published. */
export async function dryRun(
  sources: Sources,
  { topic, publisher, limit }: DryRunQuery,
  { answers, missing }: Asked<DryRunPart>,
): Promise<DryRun> {
  const parts = answers.map(({ answer }) => answer);
  const all = parts.flatMap(({ items }) => items).toSorted((one, other) => (one.connection_id < other.connection_id ? -1 : 1));
  const items = all.slice(0, limit);
  const isMore = all.length > limit || parts.some(({ more }) => more);
  const next = isMore ? items.at(-1)?.connection_id : undefined;
  return {
    topic,
    namespace_ledger: sources.stored.policyFor(topic).ledger,
    total: parts.reduce((sum, { total }) => sum + total, 0),
    users: usersOf(parts),
    items,
    ...(publisher === undefined ? {} : { may_publish: await mayPublish(sources, publisher, topic) }),
    missing,
    as_of: Date.now(),
    ...(next === undefined ? {} : { next }),
  };
}

/** A user who is connected to two nodes is one. */
function usersOf(parts: readonly DryRunPart[]): number | null {
  const [only, ...others] = parts.filter(({ users }) => users > 0);
  if (only === undefined) return 0;
  if (others.length === 0) return only.users;
  if (parts.some(({ users, names }) => users > 0 && names === undefined)) return null;
  return new Set(parts.flatMap(({ names }) => names ?? [])).size;
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
  const here = [...sources.subscribers.principalsOf(publisher).values()].map((principal) => rights.mayPublish(principal, topic));
  const decisions = [...here, ...(await sources.others.user({ user: publisher, topic })).mayPublish];
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
