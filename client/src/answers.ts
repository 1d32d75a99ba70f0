import { WaybillError } from './errors.js';
import { count, isFields, messageOf, text } from './frames.js';
import type { HistoryPage, PublishResult } from './message.js';
import type { PresenceAnswer, PresenceMember } from './options.js';

/** Reads the replies to the built-in actions. Each throws `BAD_FRAME` where the server left out what the protocol promises. */
export function historyPageOf(data: unknown): HistoryPage {
  if (!isFields(data)) throw lacking('topic.history', 'a page');
  const [epoch, head] = [text(data['epoch']), count(data['head'])];
  if (epoch === undefined || head === undefined || !Array.isArray(data['messages']))
    throw lacking('topic.history', 'epoch, head or messages');
  return { epoch, head, messages: data['messages'].map(messageOf).filter((message) => message !== undefined) };
}

export function publishResultOf(data: unknown, topic: string, msgId: string): PublishResult {
  const fields = isFields(data) ? data : {};
  const [epoch, seq] = [text(fields['epoch']), count(fields['seq'])];
  if (epoch === undefined || seq === undefined) throw lacking('topic.publish', 'a position');
  return {
    topic: text(fields['topic']) ?? topic,
    epoch,
    seq,
    msgId: text(fields['msg_id']) ?? msgId,
    duplicate: fields['duplicate'] === true,
  };
}

export function presenceAnswerOf(data: unknown): PresenceAnswer {
  if (!isFields(data) || !Array.isArray(data['members'])) throw lacking('topic.presence', 'members');
  const members = data['members'].filter(isFields).map((member): PresenceMember => ({
    user: text(member['user']) ?? '',
    connectionId: text(member['connection_id']),
    joinedAt: count(member['joined_at']),
  }));
  return { members, usersCount: count(data['users']) ?? 0, connectionsCount: count(data['connections']) ?? members.length };
}

function lacking(action: string, what: string): WaybillError {
  return new WaybillError('BAD_FRAME', `The reply to ${action} lacks ${what}`);
}
