import type { KeptOut } from '../../../auth/rights-view.js';
import type { ConnectionView } from '../../../messaging/gateway-control.js';
import type { RefusalRecord } from '../../../messaging/ledger/refusal-record.js';
import { duration, moment } from '../in-words.js';
import type { CoveringReceipt, Findings } from './findings.js';

/** `connection K7Q2M4 on node n1`; by its id where it left no record. */
export function connectionName({ found, connection }: Pick<CoveringReceipt, 'found' | 'connection'>): string {
  return `connection ${connection?.ref ?? found.receipt.connection} on node ${found.node}`;
}

/** `ended at … with 4408 (slow consumer)`, by whom where an operator did it. */
export function endOf(view: ConnectionView, endedBy: ReadonlyMap<string, string>): string {
  const at = view.closed_at === undefined ? '' : ` at ${moment(view.closed_at)}`;
  if (view.close === undefined) return `ended${at}`;
  const { code, reason, initiator } = view.close;
  const who = endedBy.get(view.id) ?? (initiator === 'client' && !reason.includes('client') ? 'its client' : undefined);
  return `ended${at} with ${code}${reason === '' ? '' : ` (${reason})`}${who === undefined ? '' : `, by ${who}`}`;
}

/** `refused at … : why`, and how often. */
export function refusedWords({ message, firstAt, lastAt, count, ref }: RefusalRecord): string {
  const times = count === 1 ? `at ${moment(lastAt)}` : `${count} times from ${moment(firstAt)} to ${moment(lastAt)}`;
  return `refused ${times}${ref === undefined ? '' : ` on connection ${ref}`}: ${sentence(message)}`;
}

export function keptOutWords(user: string, { kind, at, until, issuedBefore, by, reason }: KeptOut): string {
  const because = reason === '' ? '' : ` (${reason})`;
  const end = until === undefined ? '' : ` until ${moment(until)}`;
  if (kind === 'block') return `${user} has been blocked since ${moment(at)}${end} by ${by}${because}`;
  const whose = kind === 'everyone' ? 'everybody’s tokens' : `the tokens of ${user}`;
  return `${whose} issued before ${moment(issuedBefore ?? at)} were revoked by ${by}${because}`;
}

/** What is known of the user after the last receipt of theirs that covers the message. */
export function afterwards({ user, receipts, located, connections, now, covering }: Findings): string {
  const end = Math.max(...covering.map(({ found }) => found.receipt.closedAt ?? 0));
  const next = receipts.findLast(({ receipt }) => receipt.openedAt >= end && receipt.epoch === located.epoch);
  if (next !== undefined)
    return `Their next subscription, at ${moment(next.receipt.openedAt)}, went on after message ${next.receipt.after}, so it did not bring this one.`;
  const back = connections.after ?? connections.now.find(({ opened_at: at }) => at >= end);
  if (back !== undefined && back.opened_at >= end)
    return `${user} came back at ${moment(back.opened_at)} (connection ${back.ref}) and has not asked for it.`;
  return connections.now.length > 0 ? '' : `${user} has not been back in the ${duration(now - end)} since.`;
}

/** One full stop at the end, whatever it had. */
export function sentence(text: string): string {
  return `${text.replace(/[.\s]+$/, '')}.`;
}

export function joined(...sentences: readonly (string | undefined | false)[]): string {
  return sentences.filter((text): text is string => typeof text === 'string' && text !== '').join(' ');
}
