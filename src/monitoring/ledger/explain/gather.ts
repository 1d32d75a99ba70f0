import { covers, outcomeOf } from '../../../messaging/ledger/outcome.js';
import { absenceFacts, judgeAbsence } from '../absence.js';
import { bestOf, isGiven } from '../best-outcome.js';
import { connectionsOf } from '../connections-of.js';
import type { Sources } from '../ledger-sources.js';
import type { LocatedMessage } from '../located-message.js';
import type { UserElsewhere } from '../other-nodes.js';
import { RECEIPTS_LOOKED_AT } from '../waybill.js';
import { writtenBetween } from '../written-between.js';
import { enders } from './enders.js';
import type { CoveringReceipt, Findings, UserFindings } from './findings.js';
import { connectionsAround, refusalsOf, rightOf } from './user-findings.js';

const MOST_FETCHES = 20;

/** Finds all that is known of a user and a topic; `around`: the time that it is about. */
export async function gatherUser(
  sources: Sources,
  user: string,
  place: { topic: string; epoch: string; seq: number },
  elsewhere: UserElsewhere,
  { around, now }: { readonly around: number; readonly now: number },
): Promise<UserFindings> {
  const { reader, rights } = sources;
  const keptOut = rights.keptOut(user);
  const [isRecorded, erasedAt, right, refused, connections, receipts] = await Promise.all([
    reader.knows(user),
    reader.erasedAt(user),
    rightOf(sources, user, place.topic, keptOut, elsewhere.maySubscribe),
    refusalsOf(sources, user, place.topic),
    connectionsAround(sources, user, around, elsewhere.connections),
    reader.receiptsOf(user, place, RECEIPTS_LOOKED_AT),
  ]);
  const isRemembered = refused.connect !== undefined || refused.subscribe !== undefined;
  const wasSeen =
    connections.during.length > 0 || connections.before !== undefined || connections.after !== undefined || receipts.length > 0;
  return {
    user,
    topic: place.topic,
    now,
    isKnown: isRecorded || isRemembered || wasSeen,
    erasedAt,
    keptOut,
    right,
    refused,
    connections,
    receipts,
    subscribedElsewhere: elsewhere.subscribed,
    missing: elsewhere.missing,
  };
}

/** Finds all that is known of a user and a message, and judges it. */
export async function gather(sources: Sources, user: string, located: LocatedMessage): Promise<Findings> {
  // Beside each other: a node that hangs is waited for once.
  const [{ upToDate }, elsewhere] = await Promise.all([sources.others.recorded(), sources.others.user({ user, topic: located.topic })]);
  const now = Date.now();
  const place = { topic: located.topic, epoch: located.epoch, seq: located.seq };
  const [about, progress, runs, fetches] = await Promise.all([
    gatherUser(sources, user, place, elsewhere, { around: located.at ?? now, now }),
    sources.reader.progress(place),
    sources.reader.runs(0, now),
    sources.reader.fetches(place, { user, limit: MOST_FETCHES }),
  ]);
  const found = about.receipts.filter(({ receipt }) => receipt.epoch === place.epoch && covers(receipt, place.seq));
  const views = await connectionsOf(sources, [
    ...found.map(({ receipt }) => receipt.connection),
    ...fetches.flatMap(({ connection }) => connection ?? []),
  ]);
  const covering = found
    .map((one): CoveringReceipt => {
      const judgement = outcomeOf(one.receipt, one.state, place.seq);
      return {
        found: one,
        judgement,
        connection: views.get(one.receipt.connection),
        writtenBetween: isGiven(judgement.outcome)
          ? writtenBetween(one, { seq: place.seq, acceptedAt: located.message?.timestamp, progress, now, runs })
          : undefined,
      };
    })
    .toSorted((left, right) => left.found.receipt.openedAt - right.found.receipt.openedAt);
  const best = bestOf([...covering.map(({ judgement }) => judgement.outcome), ...fetches.map(() => 'fetched' as const)]);
  const absence =
    best === undefined
      ? judgeAbsence(
          absenceFacts(sources.node, located, { runs, now, progress, upToDate, receipts: about.receipts, erasedAt: about.erasedAt }),
        )
      : undefined;
  const ended = [about.connections.before, ...covering.map(({ connection }) => connection)];
  return {
    ...about,
    located,
    covering,
    fetches: fetches.map((fetch) => ({ fetch, connection: fetch.connection === undefined ? undefined : views.get(fetch.connection) })),
    absence,
    outcome: best ?? absence?.outcome ?? 'unknown',
    endedBy: await enders(sources, ended),
  };
}
