import type { StoredMessage } from '../../messaging/ledger/ledger-reader.js';
import { Refusal } from '../../protocol/refusal.js';
import type { Sources } from './ledger-sources.js';

/** A message that has the id asked for. */
export interface Candidate {
  readonly publisher: string;
  readonly topic: string;
  readonly epoch: string;
  readonly seq: number;
  /** Milliseconds since the epoch. */
  readonly stored_at: number;
  /** Path of its waybill. */
  readonly waybill: string;
}

export interface IdQuery {
  readonly publisher?: string | undefined;
  readonly topic?: string | undefined;
}

/** Messages with one id that are told apart for whoever asks; ids are unique only for a topic and publisher. */
const MOST_CANDIDATES = 100;

/** Stored messages with this id, newest first. Rejects with `NOT_FOUND` where there is none. */
export async function findById({ reader }: Sources, msgId: string, { publisher, topic }: IdQuery): Promise<readonly StoredMessage[]> {
  const found = (await reader.messagesById(msgId, MOST_CANDIDATES)).filter(
    (message) => (publisher === undefined || message.publisher === publisher) && (topic === undefined || message.topic === topic),
  );
  if (found.length > 0) return found;
  const of = `${publisher === undefined ? '' : ` of ${publisher}`}${topic === undefined ? '' : ` in ${topic}`}`;
  throw new Refusal(
    'NOT_FOUND',
    `msg_id: no message${of} with this id is in the log. An id goes with its message when that is past its retention, and messages of ephemeral topics are not stored: ask for those by topic and seq`,
    { field: 'msg_id' },
  );
}

export function candidateOf({ publisher, topic, epoch, seq, storedAt, timestamp }: StoredMessage): Candidate {
  return { publisher, topic, epoch, seq, stored_at: storedAt ?? timestamp, waybill: waybillPath({ topic, epoch, seq }) };
}

export function waybillPath({ topic, epoch, seq }: { readonly topic: string; readonly epoch: string; readonly seq: number }): string {
  return `/api/v1/ops/topics/${encodeURIComponent(topic)}/messages/${seq}/waybill?epoch=${encodeURIComponent(epoch)}`;
}
