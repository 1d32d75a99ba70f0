import type { AbsenceReason } from '../absence.js';
import { duration, moment } from '../in-words.js';
import type { Findings } from './findings.js';
import { endOf, joined, keptOutWords, refusedWords, sentence } from './wording.js';

const MS_PER_SECOND = 1_000;

/** The answer where nothing is recorded of the user and the message. */
export function absenceAnswer(findings: Findings): string {
  const { absence, user, topic } = findings;
  if (absence?.outcome === 'unknown') return joined(unknownAnswer(findings, absence.reason, absence.run?.node), standing(findings));
  if (!findings.isKnown)
    return joined(
      `There is no record of a user named ${user}: no connection, no subscription, no read, no refusal, as long as these are kept. Look at the spelling of the id.`,
      standing(findings),
    );
  const { connections } = findings;
  const why = connections.during.length > 0 ? whileConnected(findings) : whileAway(findings);
  return joined(`${user} was not subscribed to ${topic}${storedAt(findings)}.`, why, remedy(findings));
}

function storedAt({ located }: Findings): string {
  return located.at === undefined ? '' : ` when it was stored at ${moment(located.at)}`;
}

/** They had a connection, but not to this topic. */
function whileConnected(findings: Findings): string {
  const { connections, refused, located, receipts, topic, endedBy } = findings;
  const refs = connections.during.map(({ ref }) => ref).join(', ');
  const connected = `They were connected (${refs})`;
  const at = located.at ?? 0;
  const earlier = receipts.find(({ receipt }) => receipt.closedAt !== undefined && receipt.closedAt <= at);
  if (refused.subscribe !== undefined && (earlier?.receipt.closedAt ?? 0) <= refused.subscribe.lastAt)
    return `${connected}, but their subscribe to ${topic} was ${refusedWords(refused.subscribe)}`;
  if (earlier !== undefined) {
    const its = connections.during.find(({ id, closed_at: closedAt }) => id === earlier.receipt.connection && closedAt !== undefined);
    const ended =
      its === undefined ? '' : ` That connection, ${its.ref}, ${endOf(its, endedBy)}; nothing more is given to one that is being closed.`;
    return `${connected}, but their subscription had ended at ${moment(earlier.receipt.closedAt as number)}.${ended}`;
  }
  return joined(`${connected}, but had not asked to subscribe.`, cameLater(findings));
}

/** They had no connection at all. */
function whileAway(findings: Findings): string {
  const { connections, keptOut, user, refused, located, endedBy } = findings;
  const at = located.at ?? 0;
  const { before } = connections;
  const [block] = keptOut;
  const last =
    before === undefined
      ? 'No connection of theirs is recorded at or before that time.'
      : `They were not connected: their last connection, ${before.ref}, ${endOf(before, endedBy)}, ${duration(at - (before.closed_at ?? at))} before.`;
  if (block?.kind === 'block') return joined(last, sentence(keptOutWords(user, block)));
  const { connect } = refused;
  const isRefused =
    connect !== undefined &&
    connect.lastAt >= (before?.closed_at ?? 0) &&
    (connections.after === undefined || connect.firstAt <= connections.after.opened_at);
  if (isRefused) return joined(last, `Their attempts to connect were ${refusedWords(connect)}`);
  return joined(last, cameLater(findings));
}

/** What they did afterwards, and why that did not bring the message. */
function cameLater({ connections, receipts, located, now, user }: Findings): string {
  const at = located.at ?? 0;
  const next = receipts.findLast(({ receipt }) => receipt.openedAt >= at && receipt.epoch === located.epoch);
  if (next !== undefined)
    return `They subscribed at ${moment(next.receipt.openedAt)}, from after message ${next.receipt.after} on, and did not ask for earlier ones.`;
  const { after } = connections;
  if (after !== undefined)
    return `They came back at ${moment(after.opened_at)} (connection ${after.ref}), but have not subscribed to it since.`;
  return connections.now.length > 0 ? '' : `${user} has not been back in the ${duration(now - at)} since.`;
}

/** What would bring the message, or the next one. */
function remedy({ right, keptOut, located, user, refused }: Findings): string {
  if (keptOut.some(({ kind }) => kind === 'block')) return `To let them in again: waybill unblock ${user}.`;
  if (right.allowed === false && right.detail === refused.subscribe?.message) return 'They may not now either.';
  if (right.allowed === false) return sentence(`They may not subscribe now either: ${right.detail}`);
  return located.fate === 'stored' ? 'It is still in history, for whoever may read it.' : '';
}

/** What holds now, beside an answer that is about the past. */
function standing({ user, keptOut, right, refused }: Findings): string {
  const [rule] = keptOut;
  if (rule !== undefined) return sentence(`Now ${keptOutWords(user, rule)}`);
  if (refused.connect !== undefined) return `Their attempts to connect were ${refusedWords(refused.connect)}`;
  if (refused.subscribe !== undefined) return `Their subscribe was ${refusedWords(refused.subscribe)}`;
  return right.allowed === false ? sentence(`They may not subscribe now: ${right.detail}`) : '';
}

function unknownAnswer(findings: Findings, reason: AbsenceReason, node: string | undefined): string {
  const { user, topic, located, erasedAt } = findings;
  const its = node === undefined ? 'a node' : `node ${node}`;
  const lead = `It is not known whether ${user} got it: `;
  switch (reason) {
    case 'ledger_off':
      return `${lead}the namespace of ${topic} keeps no receipts, or kept none then (ledger: off in messaging.namespaces).`;
    case 'erased':
      return `${lead}${user} was erased on ${moment(erasedAt ?? 0)}, with everything that was recorded of them until then.`;
    case 'too_old':
      return `${lead}receipts are kept for ${duration(located.policy.ledger_age_s * MS_PER_SECOND)}, and those of its time are gone.`;
    case 'not_dated':
      return `${lead}${gone(findings)}, so when it was stored is not known any more, and no record covers it.`;
    case 'before_ledger':
      return `${lead}it was stored before the ledger’s first record.`;
    case 'node_lost':
      return `${lead}${its} was lost about that time, with what it had not yet recorded.`;
    case 'node_behind':
      return `${lead}${its} has not recorded that far yet. Ask again in some seconds.`;
    case 'ledger_gap':
      return `${lead}${its} dropped records while the database was away, and one of them may have been about this.`;
  }
}

function gone({ located: { fate, ends } }: Findings): string {
  if (fate === 'not_buffered') return 'the message was ephemeral and is in no buffer any more';
  if (fate === 'earlier_epoch') return `the message was of an earlier epoch (the present one is ${ends.epoch})`;
  return `the message is past its retention (history begins at ${ends.floor + 1})`;
}
