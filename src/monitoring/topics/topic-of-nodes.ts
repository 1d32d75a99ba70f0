import type { TopicItem } from './topic-list.js';

/** One topic as several nodes see it; at least one does. */
export function topicOfNodes(parts: readonly TopicItem[]): TopicItem {
  const [first, ...others] = parts;
  if (first === undefined) throw new Error('a topic of no node');
  if (others.length === 0) return first;
  const sum = (of: (part: TopicItem) => number): number => Math.round(parts.reduce((total, part) => total + of(part), 0) * 100) / 100;
  const greatest = (of: (part: TopicItem) => number): number => Math.max(...parts.map(of));
  const published = sum((part) => part.published_per_s);
  // A message is published at one node, and handed out once at each that has subscribers.
  const messages = Math.max(
    published,
    greatest((part) => part.messages_per_s),
  );
  const handedOut = greatest((part) => part.bytes_per_s);
  const live = parts.filter(({ head }) => head !== undefined).toSorted((one, other) => (other.head ?? 0) - (one.head ?? 0))[0];
  return {
    topic: first.topic,
    namespace: first.namespace,
    messages_per_s: messages,
    bytes_per_s: messages > greatest((part) => part.messages_per_s) ? Math.max(handedOut, sum(publishedBytes)) : handedOut,
    published_per_s: published,
    deliveries_per_s: sum((part) => part.deliveries_per_s),
    subscribers: sum((part) => part.subscribers),
    ...(live?.head === undefined ? {} : { head: live.head }),
    ...(live?.epoch === undefined ? {} : { epoch: live.epoch }),
  };
}

/** What of its bytes a node published, where it handed out no more than that. */
function publishedBytes({ messages_per_s: messages, published_per_s: published, bytes_per_s: bytes }: TopicItem): number {
  return messages === 0 ? 0 : (bytes * published) / messages;
}
