import type { Draft } from '../messaging/message.js';
import type { AppendOutcome, TopicBusy } from '../messaging/message-log.js';
import { float8Array, int4Array, int8Array, textArray } from './array-parameter.js';
import type { Row, Statement } from './database.js';
import { originText } from './origin-text.js';

const CALL =
  'select a.outcome, a.epoch, a.seq, a.accepted_at from waybill.append_messages($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) as a';

/** Days that the messages of a topic are kept at least; 0: for ever. */
export type KeepDays = (topic: string) => number;

/** The call that appends these drafts. With `wait` it waits for locked heads; without, it answers `busy` for their messages. */
export function appendCall(drafts: readonly Draft[], keepDays: KeepDays, windowMs: number, wait: boolean): Statement {
  const places = new Map<string, number>();
  const topicOf = drafts.map((draft) => {
    const known = places.get(draft.topic);
    if (known !== undefined) return known;
    places.set(draft.topic, places.size + 1);
    return places.size;
  });
  const topics = [...places.keys()];
  return {
    text: CALL,
    values: [
      textArray(topics),
      int4Array(topics.map(keepDays)),
      int4Array(topicOf),
      textArray(drafts.map((draft) => draft.publisher)),
      textArray(drafts.map((draft) => draft.msgId)),
      textArray(drafts.map((draft) => draft.action)),
      textArray(drafts.map((draft) => draft.dataText)),
      int8Array(drafts.map((draft) => draft.timestamp)),
      float8Array(drafts.map((draft) => draft.clientTimestamp)),
      textArray(drafts.map((draft) => draft.door)),
      textArray(drafts.map((draft) => draft.trace)),
      textArray(drafts.map((draft) => originText(draft.origin))),
      windowMs,
      wait,
    ],
  };
}

/** Reads the function's row for one draft. */
export function callOutcome(row: Row): AppendOutcome | TopicBusy {
  const [outcome, epoch, seq, acceptedAt] = row as [string, string, string, string];
  if (outcome === 'b') return { kind: 'busy' };
  const position = { epoch, seq: Number(seq) };
  if (outcome === 's') return { kind: 'stored', position };
  if (outcome === 'd') return { kind: 'duplicate', position, timestamp: Number(acceptedAt) };
  return { kind: 'conflict', position };
}
