import { bytes, duration, moment } from '../in-words.js';
import type { Findings, Step, UserFindings } from './findings.js';
import { endOf, keptOutWords, refusedWords, sentence } from './wording.js';

const MS_PER_SECOND = 1_000;

/** What became of the message itself. */
export function messageStep({ located }: Findings): Step {
  const { topic, epoch, seq, fate, message, ends, policy } = located;
  const place = `message ${seq} of ${topic} (epoch ${epoch})`;
  if (message !== undefined) {
    const { action, publisher, door, dataText, storedAt, timestamp } = message;
    const stored = storedAt === undefined ? `accepted at ${moment(timestamp)}, in memory only` : `stored at ${moment(storedAt)}`;
    const erased = fate === 'erased' ? '; its payload was erased' : '';
    return step(
      'message',
      fate,
      `${place}: ${action}, ${bytes(Buffer.byteLength(dataText))}, by ${publisher} (${door}), ${stored}${erased}`,
      located.at,
    );
  }
  if (fate === 'earlier_epoch') return step('message', fate, `${place} is of an earlier epoch; the present one is ${ends.epoch}`);
  if (fate === 'not_buffered')
    return step('message', fate, `${place} was ephemeral and is in no buffer any more (buffer_length ${policy.buffer_length})`);
  return step('message', fate, `${place} is past its retention; history begins at ${ends.floor + 1}`);
}

export function ledgerStep({ located: { policy, topic }, absence }: Findings): Step {
  if (policy.ledger === 'off') return step('ledger', 'off', `the namespace of ${topic} keeps no receipts`);
  if (absence?.outcome === 'unknown') {
    const node = absence.run === undefined ? '' : ` (node ${absence.run.node})`;
    return step(
      'ledger',
      absence.reason,
      `what was recorded does not cover the time of the message: ${absence.reason.replaceAll('_', ' ')}${node}`,
    );
  }
  const age = policy.ledger_age_s === 0 ? 'for ever' : `for ${duration(policy.ledger_age_s * MS_PER_SECOND)}`;
  return step('ledger', 'kept', `receipts are kept ${age} after they end`);
}

export function userStep({ user, isKnown, erasedAt, keptOut }: UserFindings): Step {
  const [rule] = keptOut;
  if (rule !== undefined) return step('user', rule.kind === 'block' ? 'blocked' : 'revoked', keptOutWords(user, rule), rule.at);
  if (erasedAt !== undefined)
    return step('user', 'erased', `${user} was erased at ${moment(erasedAt)}; what is recorded began after that`, erasedAt);
  return isKnown
    ? step('user', 'known', `${user} is known here, and not blocked`)
    : step('user', 'unknown', `nothing is recorded of a user named ${user}`);
}

/** Whether they were connected when the message was stored. */
export function connectionStep({ connections, located, refused, endedBy }: Findings): Step {
  const { during, before, after } = connections;
  if (during.length > 0) {
    const detail = during.map(
      ({ ref, node, client, opened_at: at }) => `${ref} on node ${node} since ${moment(at)}${client === undefined ? '' : ` (${client})`}`,
    );
    return step('connection', 'connected', detail.join('; '), during[0]?.opened_at);
  }
  const words: string[] = [];
  if (before !== undefined) words.push(`the last one before, ${before.ref}, ${endOf(before, endedBy)}`);
  if (after !== undefined) words.push(`the next one, ${after.ref}, began at ${moment(after.opened_at)}`);
  if (refused.connect !== undefined) words.push(`attempts to connect were ${refusedWords(refused.connect)}`);
  if (words.length === 0) return step('connection', 'none', 'no connection of this user is recorded');
  return step('connection', located.at === undefined ? 'unknown' : 'away', words.join('; '), before?.closed_at);
}

/** Whether they may subscribe now, and how it went the last time that it was refused. */
export function rightStep({ right, refused }: UserFindings): Step {
  const result = right.allowed === undefined ? 'depends_on_token' : right.allowed ? 'allowed' : 'refused';
  const { subscribe } = refused;
  const isSame = subscribe !== undefined && sentence(subscribe.message) === sentence(right.detail);
  const failed = subscribe === undefined ? '' : isSame ? `refused at ${moment(subscribe.lastAt)} for that.` : refusedWords(subscribe);
  const last = failed === '' ? '' : ` The last subscribe that failed was ${failed}`;
  return step('right', result, `now: ${sentence(right.detail)}${last}`, refused.subscribe?.lastAt);
}

export function step(name: Step['step'], result: string, detail: string, at?: number): Step {
  return { step: name, result, detail, ...(at === undefined ? {} : { at }) };
}
