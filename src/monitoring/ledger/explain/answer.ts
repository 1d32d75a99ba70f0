import { bytes, between, duration, moment } from '../in-words.js';
import { absenceAnswer } from './absence-answer.js';
import type { CoveringReceipt, Findings } from './findings.js';
import { afterwards, connectionName, endOf, joined, sentence } from './wording.js';

/** The answer in one to three sentences: what became of it, when and where, why, and what to do. */
export function answerOf(findings: Findings): string {
  const { outcome, covering } = findings;
  const told = covering.find(({ judgement }) => judgement.outcome === outcome);
  if (outcome === 'fetched') return fetchedAnswer(findings);
  if (told === undefined) return absenceAnswer(findings);
  switch (outcome) {
    case 'acked':
      return joined(given(findings, told), 'The client acknowledged it.');
    case 'written':
      return joined(
        given(findings, told),
        'The client did not acknowledge it, so it is not known whether it was processed.',
        brokeSoon(findings, told),
      );
    case 'queued':
      return queued(findings, told);
    case 'pending':
      return `It is on its way: ${connectionName(told)} is subscribed, and the message is about to be offered to it. Ask again in a few seconds.`;
    case 'dropped':
      return joined(dropped(findings, told), caughtUp(findings));
    case 'unconfirmed':
      return joined(
        `It is not known whether ${findings.user} got it: it was in the socket of ${connectionName(told)} when that connection ${ending(findings, told)}.`,
        caughtUp(findings),
      );
    case 'not_written':
      return joined(
        `${findings.user} did not get it on ${connectionName(told)}: the connection ${ending(findings, told)} before the message could be written to it.`,
        caughtUp(findings),
      );
    default:
      return joined(unknown(findings, told), caughtUp(findings));
  }
}

function given({ user, located, connections }: Findings, told: CoveringReceipt): string {
  const when = told.writtenBetween === undefined ? '' : ` ${between(told.writtenBetween)}`;
  const { receipt } = told.found;
  if (located.seq > receipt.recoveredTo) return `${user} was given it: it was handed to ${connectionName(told)}${when}.`;
  const stored = located.at === undefined ? '' : ` when it was stored at ${moment(located.at)}`;
  const { before } = connections;
  const lastSeen = before?.closed_at === undefined ? '' : ` (their connection ${before.ref} had ended at ${moment(before.closed_at)})`;
  const away = connections.during.length === 0 ? 'was away' : 'had not got it yet';
  return `${user} ${away}${stored}${lastSeen} and caught up: ${connectionName(told)} asked for what it had missed and was given it from history${when}.`;
}

/** How long after it was given a connection that broke is worth a word. */
const SOON_MS = 30_000;

function brokeSoon({ endedBy }: Findings, { connection, writtenBetween }: CoveringReceipt): string | undefined {
  if (connection?.closed_at === undefined || connection.close === undefined || writtenBetween === undefined) return undefined;
  const later = connection.closed_at - writtenBetween[1];
  if (later > SOON_MS || connection.close.code === 1000) return undefined;
  return `That connection ${endOf(connection, endedBy)}, ${duration(later)} later, so its last messages may not have arrived.`;
}

function fetchedAnswer({ user, fetches, covering }: Findings): string {
  const [first] = fetches;
  if (first === undefined) return `${user} read it from history.`;
  const how = first.fetch.connection === undefined ? 'by REST' : `on connection ${first.connection?.ref ?? first.fetch.connection}`;
  const live = covering[0]?.judgement.outcome;
  const before = live === undefined ? 'They were not subscribed to it.' : `As a live message it was ${live.replace('_', ' ')}.`;
  return `${user} read it from history at ${moment(first.fetch.at)}, ${how}. ${before}`;
}

function queued({ user }: Findings, told: CoveringReceipt): string {
  const { connection } = told;
  const waits =
    connection === undefined || connection.queued_bytes === 0
      ? ''
      : ` ${bytes(connection.queued_bytes)} wait there, the oldest for ${duration(connection.queued_ms)}.`;
  return `${user} has not got it yet: it waits for ${connectionName(told)}, whose client does not read as fast as messages come.${waits} See waybill slow.`;
}

const WHY_DROPPED: Readonly<Record<string, string>> = {
  slow_consumer: 'its client read too slowly, and the slow policy of the namespace drops messages then',
  retention: 'it was past its retention when it was to be given',
  buffer: 'it was in no buffer any more when it was to be given',
  lost: 'it could not be read from the log',
  reset: 'the topic began a new epoch',
};

function dropped({ user }: Findings, told: CoveringReceipt): string {
  const why = WHY_DROPPED[told.judgement.reason ?? ''] ?? told.judgement.reason ?? 'it could not be had';
  return `${user} did not get it on ${connectionName(told)}: ${why}. The client was told of the gap.`;
}

function unknown({ user }: Findings, told: CoveringReceipt): string {
  const name = connectionName(told);
  switch (told.judgement.reason) {
    case 'node_lost':
      return `It is not known whether ${user} got it: node ${told.found.node} was lost, and with it what it had not yet recorded of ${name}.`;
    case 'not_recorded_yet':
      return `It is not known yet whether ${user} got it: ${name} is open, and its node has not recorded that far. Ask again in a few seconds, or ask that node.`;
    default:
      return `It is not known whether ${user} got it: ${name} had more gaps than are recorded one by one.`;
  }
}

function ending({ endedBy }: Findings, { connection, found }: CoveringReceipt): string {
  if (connection?.state === 'closed' && connection.closed_at !== undefined) {
    const { closedAt } = found.receipt;
    // The subscription may have ended long before its connection did.
    if (closedAt === undefined || connection.closed_at - closedAt < SOON_MS) return endOf(connection, endedBy);
  }
  const at = found.receipt.closedAt === undefined ? '' : ` at ${moment(found.receipt.closedAt)}`;
  return connection?.state === 'closed' || connection === undefined ? `ended${at}` : `ended its subscription${at}`;
}

function caughtUp(findings: Findings): string {
  const { located } = findings;
  const remedy =
    located.fate === 'stored'
      ? 'It comes again when the client resumes from its last position, or reads history.'
      : 'It cannot be had again: the message itself is gone.';
  return joined(afterwards(findings), sentence(remedy));
}
