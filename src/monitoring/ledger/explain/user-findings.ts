import type { Decision } from '../../../auth/authorizer.js';
import type { KeptOut } from '../../../auth/rights-view.js';
import type { ConnectionView } from '../../../messaging/gateway-control.js';
import type { RefusalRecord } from '../../../messaging/ledger/refusal-record.js';
import type { Sources } from '../ledger-sources.js';
import type { ConnectionsAround, RefusalsFound, Right } from './findings.js';

/** Connections that are looked at on either side of a time, and refusals. */
const NEAREST = 20;
const MOST_REFUSALS = 100;
const MOST_REMEMBERED = 1_000;
const NEVER = Number.MAX_SAFE_INTEGER;
const KEY_PREFIX = 'key:';
/** Rules that no token changes. */
const FIXED_RULES: ReadonlySet<string> = new Set(['own user topic']);

/** A user's connections before, at and after a time, in memory and recorded. `elsewhere`: those that are open on other nodes. */
export async function connectionsAround(
  { gateway, reader, subscribers }: Sources,
  user: string,
  at: number,
  elsewhere: readonly ConnectionView[],
): Promise<ConnectionsAround> {
  const query = { limit: NEAREST, cursor: undefined, filters: { user } } as const;
  const [before, after] = await Promise.all([
    reader.closedConnections({ ...query, state: 'closed', sort: '-closed_at', to: at }),
    reader.closedConnections({ ...query, state: 'closed', sort: 'closed_at', from: at }),
  ]);
  // A view of every open connection would hold up the others.
  const open = [...subscribers.principalsOf(user).keys()].flatMap((id) => gateway.connection(id) ?? []);
  const lately = gateway.connections({ ...query, state: 'closed', sort: '-closed_at', limit: MOST_REMEMBERED });
  const byId = new Map<string, ConnectionView>();
  for (const view of [...before.items, ...after.items, ...lately.items, ...elsewhere, ...open]) byId.set(view.id, view);
  const all = [...byId.values()].toSorted((left, right) => left.opened_at - right.opened_at);
  const endOf = ({ closed_at: closedAt }: ConnectionView): number => closedAt ?? Infinity;
  return {
    now: all.filter(({ state }) => state !== 'closed'),
    during: all.filter((view) => view.opened_at <= at && endOf(view) >= at),
    before: all.filter((view) => endOf(view) < at).toSorted((left, right) => endOf(right) - endOf(left))[0],
    after: all.find((view) => view.opened_at > at),
  };
}

/** The latest refusals of a user, recorded ones and those of this node's memory. */
export async function refusalsOf({ reader, refusals }: Sources, user: string, topic: string): Promise<RefusalsFound> {
  const recorded = await reader.refusals(user, { topic, from: 0, to: NEVER, limit: MOST_REFUSALS });
  const remembered = refusals
    .page({ user, limit: MOST_REFUSALS })
    .items.map(
      ({
        kind,
        code,
        rule,
        message,
        topic: about,
        connection_id: connection,
        ref,
        first_at: firstAt,
        last_at: lastAt,
        count,
      }): RefusalRecord => ({
        kind,
        code,
        rule,
        message,
        topic: about,
        connection,
        ref,
        firstAt,
        lastAt,
        count,
      }),
    );
  // What is recorded knows each topic apart; memory knows it a moment sooner.
  const latest = (isWanted: (refusal: RefusalRecord) => boolean): RefusalRecord | undefined =>
    [...recorded, ...remembered].filter(isWanted).toSorted((left, right) => right.lastAt - left.lastAt)[0];
  return {
    connect: latest(({ kind }) => kind === 'connect' || kind === 'login'),
    subscribe: latest((refusal) => refusal.kind === 'subscribe' && refusal.topic === topic),
  };
}

/** Whether a user, or an API key, may subscribe to a topic now. Decided as at the door; `elsewhere`: by other nodes, of the tokens that are used there. */
export async function rightOf(
  { rights, subscribers }: Sources,
  user: string,
  topic: string,
  keptOut: readonly KeptOut[],
  elsewhere: readonly Decision[],
): Promise<Right> {
  const block = keptOut.find(({ kind }) => kind === 'block');
  if (block !== undefined) return { allowed: false, rule: 'user.block', detail: `${user} is blocked: no token of theirs is accepted` };
  if (user.startsWith(KEY_PREFIX)) {
    const key = await rights.key(user.slice(KEY_PREFIX.length));
    if (key === undefined)
      return { allowed: false, rule: 'api_key', detail: `no API key in use is named ${user.slice(KEY_PREFIX.length)}` };
    return said(rights.maySubscribe(key, topic), 'its scopes decide');
  }
  const anybody = rights.maySubscribe(rights.withoutGrants(user), topic);
  if (anybody.allowed || FIXED_RULES.has(anybody.rule)) return said(anybody, 'whatever their token grants');
  const here = [...subscribers.principalsOf(user).values()].map((principal) => rights.maySubscribe(principal, topic));
  const decisions = [...here, ...elsewhere];
  const decision = decisions.find(({ allowed }) => allowed) ?? decisions[0];
  if (decision !== undefined) return said(decision, 'by the token of an open connection');
  return {
    allowed: undefined,
    rule: anybody.rule,
    detail: `only a token whose claims cover ${topic} may (${anybody.rule}), and ${user} has no open connection whose token would tell`,
  };
}

function said(decision: ReturnType<Sources['rights']['maySubscribe']>, why: string): Right {
  const { allowed, rule } = decision;
  return { allowed, rule, detail: decision.allowed ? `allowed by ${rule}: ${why}` : decision.message };
}
