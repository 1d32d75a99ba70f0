import type { Message } from '../../messaging/message.js';
import { Refusal } from '../../protocol/refusal.js';
import type { Sources } from './ledger-sources.js';
import { waybillPath } from './find-by-id.js';

/** Messages read from the log at once, and looked at for one page at most. */
const READ_AT_ONCE = 500;
const MOST_LOOKED_AT = 5_000;
/** Payload bytes read at once, and for one page at most: payloads are read with their messages, and not shown. */
const BYTES_AT_ONCE = 1_048_576;
const MOST_BYTES = 8 * BYTES_AT_ONCE;
/** Nodes stamp messages by their own clocks before the log orders them: positions may be that far from the order of times. Milliseconds. */
const CLOCK_SLACK_MS = 2_000;

export interface MessageQuery {
  readonly topic: string;
  /** When it was accepted, milliseconds since the epoch; both ends count. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly publisher?: string | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** A message without what people wrote in it. */
export interface FoundMessage {
  readonly topic: string;
  readonly epoch: string;
  readonly seq: number;
  readonly msg_id: string;
  readonly publisher: string;
  readonly action: string;
  readonly door: string;
  readonly bytes: number;
  readonly accepted_at: number;
  /** Path of its waybill. */
  readonly waybill: string;
}

export interface MessagePage {
  readonly items: readonly FoundMessage[];
  readonly as_of: number;
  /** How many messages were looked at for this page: a page may hold none, and still have a next one. */
  readonly looked_at: number;
  readonly next?: string;
}

/** Messages of one topic by time and publisher, newest first. The work for one page is bounded, however long the log is. */
export async function searchMessages({ stored }: Pick<Sources, 'stored'>, query: MessageQuery): Promise<MessagePage> {
  const { topic, from = 0, to = Infinity, publisher, limit, cursor } = query;
  const ends = await stored.ends(topic);
  let before = cursor === undefined ? 1 + (await lastBy(to + CLOCK_SLACK_MS)) : placeOf(cursor, ends.epoch);
  const items: FoundMessage[] = [];
  let lookedAt = 0;
  let bytes = 0;
  const page = (next?: number): MessagePage => ({
    items,
    as_of: Date.now(),
    looked_at: lookedAt,
    ...(next === undefined || next <= ends.floor + 1 ? {} : { next: `${ends.epoch}:${next}` }),
  });
  for (;;) {
    const { messages } = await stored.page(topic, { before, limit: READ_AT_ONCE, maxBytes: BYTES_AT_ONCE });
    if (messages.length === 0) return page();
    for (const message of messages.toReversed()) {
      if (message.timestamp < from - CLOCK_SLACK_MS) return page();
      lookedAt += 1;
      bytes += message.dataText.length;
      before = message.seq;
      const isIn = message.timestamp >= from && message.timestamp <= to;
      if (isIn && (publisher === undefined || message.publisher === publisher)) items.push(foundOf(message));
      if (items.length === limit || lookedAt >= MOST_LOOKED_AT || bytes >= MOST_BYTES) return page(before);
    }
  }

  /** A position near the last message of this time, and not before it: found by halves, because positions rise with time. */
  async function lastBy(time: number): Promise<number> {
    let [low, high] = [ends.floor, ends.head];
    if (time === Infinity) return high;
    while (high - low > READ_AT_ONCE) {
      const middle = Math.ceil((low + high) / 2);
      const [message] = (await stored.page(topic, { after: middle - 1, limit: 1 })).messages;
      if (message === undefined || message.timestamp > time) high = middle - 1;
      else low = middle;
    }
    return high;
  }
}

function placeOf(cursor: string, epoch: string): number {
  const [, of, seq] = /^(.+):(\d{1,15})$/.exec(cursor) ?? [];
  if (of === undefined || seq === undefined) throw Refusal.badRequest('query.cursor', 'not one that this list gave out');
  if (of !== epoch) throw Refusal.badRequest('query.cursor', 'the topic has begun a new epoch since: search again from the newest');
  return Number(seq);
}

function foundOf({ topic, epoch, seq, msgId, publisher, action, door, dataText, timestamp }: Message): FoundMessage {
  return {
    topic,
    epoch,
    seq,
    msg_id: msgId,
    publisher,
    action,
    door,
    bytes: Buffer.byteLength(dataText),
    accepted_at: timestamp,
    waybill: waybillPath({ topic, epoch, seq }),
  };
}
