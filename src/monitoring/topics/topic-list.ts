import type { LiveTopic } from '../../messaging/topics-view.js';
import { Refusal } from '../../protocol/refusal.js';
import { namespaceOf } from '../../protocol/topic-name.js';
import type { TopicVolume } from './topic-meter.js';

/** What the list may be sorted by: numbers with the greatest first, names from a to z. */
export const TOPIC_SORTS = ['-messages', '-bytes', '-deliveries', '-subscribers', 'topic'] as const;
export type TopicSort = (typeof TOPIC_SORTS)[number];

/** One topic as operators see it. Rates are of the last minute. */
export interface TopicItem {
  readonly topic: string;
  readonly namespace: string;
  /** Messages that were published or handed to subscribers, whichever are more; one that several nodes hand out is one. */
  readonly messages_per_s: number;
  /** Bytes of the same: of payloads where they were published, of frames where they were handed out. */
  readonly bytes_per_s: number;
  readonly published_per_s: number;
  /** Pairs of message and connection. */
  readonly deliveries_per_s: number;
  /** Connections. */
  readonly subscribers: number;
  /** Last position that was handed out; absent where nobody listens. */
  readonly head?: number;
  readonly epoch?: string;
}

export interface TopicPage {
  readonly items: readonly TopicItem[];
  readonly next: string | undefined;
}

const NOTHING: TopicVolume = { published: { messages: 0, bytes: 0 }, handedOut: { messages: 0, bytes: 0 }, deliveries: 0 };

export function topicItem(topic: string, volume: TopicVolume | undefined, live: LiveTopic | undefined, seconds: number): TopicItem {
  const { published, handedOut, deliveries } = volume ?? NOTHING;
  return {
    topic,
    namespace: namespaceOf(topic),
    messages_per_s: rate(Math.max(published.messages, handedOut.messages), seconds),
    bytes_per_s: rate(Math.max(published.bytes, handedOut.bytes), seconds),
    published_per_s: rate(published.messages, seconds),
    deliveries_per_s: rate(deliveries, seconds),
    subscribers: live?.subscribers ?? 0,
    ...(live === undefined ? {} : { head: live.head, epoch: live.epoch }),
  };
}

/**
 * Sorts and cuts. The cursor is the last one's sort value and name, so that topics which come and go between two pages neither repeat nor
 * hide the others. Refuses a broken cursor with `BAD_REQUEST`.
 */
export function pageOfTopics(items: readonly TopicItem[], sort: TopicSort, limit: number, cursor: string | undefined): TopicPage {
  const keyed = items.map((item) => ({ item, key: keyOf(item, sort) }));
  keyed.sort((left, right) => compare(left.key, left.item.topic, right.key, right.item.topic));
  const after = cursor === undefined ? undefined : decoded(cursor);
  const rest = after === undefined ? keyed : keyed.filter(({ key, item }) => compare(key, item.topic, after.key, after.topic) > 0);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  const next = last !== undefined && rest.length > page.length ? encoded(last.key, last.item.topic) : undefined;
  return { items: page.map(({ item }) => item), next };
}

/** Falls, so that the greatest stands first; names are all equal, and their own order decides. */
function keyOf(item: TopicItem, sort: TopicSort): number {
  switch (sort) {
    case '-messages':
      return -item.messages_per_s;
    case '-bytes':
      return -item.bytes_per_s;
    case '-deliveries':
      return -item.deliveries_per_s;
    case '-subscribers':
      return -item.subscribers;
    case 'topic':
      return 0;
  }
}

function compare(leftKey: number, leftTopic: string, rightKey: number, rightTopic: string): number {
  if (leftKey !== rightKey) return leftKey - rightKey;
  return leftTopic === rightTopic ? 0 : leftTopic < rightTopic ? -1 : 1;
}

function encoded(key: number, topic: string): string {
  return Buffer.from(JSON.stringify([key, topic])).toString('base64url');
}

function decoded(cursor: string): { readonly key: number; readonly topic: string } {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(value)) {
      const [key, topic] = value as readonly unknown[];
      if (typeof key === 'number' && typeof topic === 'string') return { key, topic };
    }
  } catch {
    // Told below, with every other broken cursor.
  }
  throw Refusal.badRequest('query.cursor', 'not one that this list gave out');
}

/** Two decimals: nobody reads more of a rate over a minute. */
function rate(count: number, seconds: number): number {
  return Math.round((count / seconds) * 100) / 100;
}
