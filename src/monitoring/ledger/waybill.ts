import type { ConnectionView } from '../../messaging/gateway-control.js';
import type { MessagePlace, NodeProgress, NodeRun, OutcomeTotals, ReceiptPage } from '../../messaging/ledger/ledger-reader.js';
import type { Fetch } from '../../messaging/ledger/ledger.js';
import { covers, type Outcome, outcomeOf } from '../../messaging/ledger/outcome.js';
import type { MissingNode } from '../../protocol/ops/missing-node.js';
import { Refusal } from '../../protocol/refusal.js';
import { userOfTopic } from '../../protocol/topic-name.js';
import { type Absence, absenceFacts, judgeAbsence } from './absence.js';
import { connectionsOf } from './connections-of.js';
import type { Sources } from './ledger-sources.js';
import type { LocatedMessage, MessageFate } from './located-message.js';
import { type MessageFacts, messageFacts, type MessageOrigin } from './message-view.js';
import { type NodeShare, nodeShares } from './node-share.js';
import { fetcherOf, oncePerConnection, recipientOf, type RecipientView } from './recipient.js';

/** The record of one message: where it came from, where it is, to whom it was owed, and what became of it at each of them. */
export interface Waybill {
  /** Null where the message itself is gone; what was recorded of it remains. */
  readonly message: MessageFacts | null;
  readonly position: {
    readonly topic: string;
    readonly epoch: string;
    readonly seq: number;
    readonly head: number;
    readonly state: MessageFate;
  };
  readonly origin: MessageOrigin | null;
  readonly ledger: 'receipts' | 'off';
  readonly nodes: readonly NodeShare[];
  /**
   * By subscriptions; `fetched` by users who read it from history, whatever else became of it. Null where they are so many that counting
   * them took longer than the database may take for one statement.
   */
  readonly totals: OutcomeTotals | null;
  /** Why there are no totals, where there are none. */
  readonly totals_missing?: string;
  readonly recipients: readonly RecipientView[];
  /** Nodes that did not answer: what they have done since their last record is not part of it. */
  readonly missing: readonly MissingNode[];
  readonly as_of: number;
  /** `cursor` of the next page of recipients; absent on the last. */
  readonly next?: string;
}

export interface WaybillQuery {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly outcome?: Outcome | undefined;
  /** Only this user's. */
  readonly user?: string | undefined;
  readonly payload: boolean;
}

/** Reads of history that are looked at. */
const MOST_FETCHES = 1_000;
export const RECEIPTS_LOOKED_AT = 50;
const UNCOUNTED =
  'so many subscriptions were owed this message that counting them took longer than one statement may (WAYBILL_DB_STATEMENT_TIMEOUT_MS); the recipients are complete, page by page';

/** Makes the waybill of a message, but for where it came from. Rejects with `HISTORY_GONE` where the message is gone and nothing is recorded of it. */
export async function makeWaybill(sources: Sources, located: LocatedMessage, query: WaybillQuery): Promise<Omit<Waybill, 'origin'>> {
  const { upToDate, missing } = await sources.others.recorded();
  const now = Date.now();
  const { reader } = sources;
  const place: MessagePlace = { topic: located.topic, epoch: located.epoch, seq: located.seq };
  // Counting may take long; the rest does not wait for it.
  const [totals, counts, { progress, runs, fetches, list }] = await Promise.all([
    reader.totals(place),
    reader.receiptsByRun(place),
    listOf(sources, place, { query, now, located, upToDate }),
  ]);
  if (located.message === undefined) requireRecords(located, totals, fetches);
  return {
    message: located.message === undefined ? null : messageFacts(located.message, query.payload),
    position: { ...place, head: located.ends.head, state: located.fate },
    ledger: located.policy.ledger,
    nodes: nodeShares(progress, counts, runs, located.seq, located.message?.timestamp),
    ...(totals === undefined ? { totals: null, totals_missing: UNCOUNTED } : { totals: { ...totals, ...list.further } }),
    recipients: list.items,
    missing,
    as_of: now,
    ...(list.next === undefined ? {} : { next: list.next }),
  };
}

function requireRecords({ topic, seq, ends, fate }: LocatedMessage, totals: OutcomeTotals | undefined, fetches: readonly Fetch[]): void {
  if (totals === undefined || Object.keys(totals).length > 0 || fetches.length > 0) return;
  const why =
    fate === 'not_buffered'
      ? `message ${seq} of ${topic} was ephemeral, is in no buffer any more, and nothing is recorded of who was given it`
      : `message ${seq} of ${topic} is past its retention (history begins at ${ends.floor + 1}), and nothing is recorded of who was given it`;
  throw new Refusal('HISTORY_GONE', `seq: ${why}`, { field: 'seq' });
}

interface ListContext {
  readonly query: WaybillQuery;
  readonly now: number;
  readonly progress: readonly NodeProgress[];
  readonly runs: readonly NodeRun[];
  readonly fetches: readonly Fetch[];
  readonly located: LocatedMessage;
  /** Runs of other nodes that recorded everything just now. */
  readonly upToDate: ReadonlySet<number>;
}

/** A page of recipients, with what it was judged by. */
async function listOf(
  sources: Sources,
  place: MessagePlace,
  { query, now, located, upToDate }: Pick<ListContext, 'query' | 'now' | 'located' | 'upToDate'>,
): Promise<Pick<ListContext, 'progress' | 'runs' | 'fetches'> & { readonly list: RecipientList }> {
  const [progress, runs, fetches] = await Promise.all([
    sources.reader.progress(place),
    sources.reader.runs(0, now),
    sources.reader.fetches(place, { limit: MOST_FETCHES }),
  ]);
  const list = await recipients(sources, place, { query, now, progress, runs, fetches, located, upToDate });
  return { progress, runs, fetches, list };
}

interface RecipientList {
  readonly items: readonly RecipientView[];
  readonly next: string | undefined;
  /** Totals that receipts do not tell. */
  readonly further: OutcomeTotals;
}

/** A page of receipts; behind the last one those who are known without a receipt. */
async function recipients(sources: Sources, place: MessagePlace, context: ListContext): Promise<RecipientList> {
  const { query, now, progress, runs } = context;
  const { outcome, user } = query;
  const page = await receiptPage(sources, place, query);
  const others = await withoutReceipt(sources, place, context);
  const ids = page.items.map(({ receipt }) => receipt.connection);
  const known = await connectionsOf(sources, page.next === undefined ? [...ids, ...others.connections] : ids);
  const items = page.items.map((found) =>
    recipientOf(found, { seq: place.seq, acceptedAt: context.located.message?.timestamp, now, progress, runs, connections: known }),
  );
  const wanted = (item: RecipientView): boolean =>
    (outcome === undefined || item.outcome === outcome) && (user === undefined || item.user === user);
  const behind = page.next === undefined ? others.items(known).filter(wanted) : [];
  return { items: oncePerConnection([...items, ...behind]), next: page.next, further: others.totals };
}

/** A user has few receipts of one topic, and they stand together; those of everybody are read page by page. */
async function receiptPage(sources: Sources, place: MessagePlace, { limit, cursor, outcome, user }: WaybillQuery): Promise<ReceiptPage> {
  if (outcome === 'fetched' || outcome === 'not_subscribed') return { items: [], next: undefined };
  if (user === undefined)
    return sources.reader.covering(place, {
      limit,
      ...(cursor === undefined ? {} : { cursor }),
      ...(outcome === undefined ? {} : { outcome }),
    });
  const receipts = await sources.reader.receiptsOf(user, place, RECEIPTS_LOOKED_AT);
  const items = receipts
    .filter(({ receipt }) => receipt.epoch === place.epoch && covers(receipt, place.seq))
    .filter(({ receipt, state }) => outcome === undefined || outcomeOf(receipt, state, place.seq).outcome === outcome);
  return { items, next: undefined };
}

interface Others {
  readonly connections: readonly string[];
  readonly totals: OutcomeTotals;
  items(connections: ReadonlyMap<string, ConnectionView>): readonly RecipientView[];
}

/** Who read it from history, and the one user whom a `$user` topic is for. */
async function withoutReceipt(
  sources: Sources,
  place: MessagePlace,
  { fetches, progress, runs, now, located, upToDate }: ListContext,
): Promise<Others> {
  const readers = [...new Map(fetches.map((fetch) => [`${fetch.user} ${fetch.connection ?? ''}`, fetch])).values()];
  const owed = userOfTopic(place.topic);
  const absence = owed === undefined ? undefined : await absenceOf(sources, located, owed, { progress, runs, now, fetches, upToDate });
  const users = new Set(readers.map(({ user }) => user)).size;
  return {
    connections: readers.flatMap(({ connection }) => connection ?? []),
    totals: {
      ...(users === 0 ? {} : { fetched: users }),
      ...(absence?.outcome === 'not_subscribed' ? { not_subscribed: 1 } : {}),
    },
    items: (connections) => [
      ...readers.map((fetch) => fetcherOf(fetch, connections)),
      ...(absence === undefined || owed === undefined
        ? []
        : [{ user: owed, outcome: absence.outcome, ...(absence.outcome === 'unknown' ? { reason: absence.reason } : {}) }]),
    ],
  };
}

/** What is known of a user without any record of this message; undefined where there is one. */
async function absenceOf(
  sources: Sources,
  located: LocatedMessage,
  user: string,
  { progress, runs, now, fetches, upToDate }: Pick<ListContext, 'progress' | 'runs' | 'now' | 'fetches' | 'upToDate'>,
): Promise<Absence | undefined> {
  if (fetches.some((fetch) => fetch.user === user)) return undefined;
  const receipts = await sources.reader.receiptsOf(user, located, RECEIPTS_LOOKED_AT);
  if (receipts.some(({ receipt }) => receipt.epoch === located.epoch && covers(receipt, located.seq))) return undefined;
  const erasedAt = await sources.reader.erasedAt(user);
  return judgeAbsence(absenceFacts(sources.node, located, { progress, runs, now, receipts, erasedAt, upToDate }));
}
