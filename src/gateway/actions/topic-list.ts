import type { SubscribeRequest } from '../../messaging/subscriptions.js';
import type { Position } from '../../messaging/message.js';
import { isRecord } from '../../protocol/envelope.js';
import { Refusal } from '../../protocol/refusal.js';
import { requireTopic } from '../../protocol/topic-name.js';
import { optionalFlag, requireCount, requireFields, requireText } from './fields.js';

/** `data.topics` of `topic.subscribe` and `resume`: `[{topic, epoch?, seq?, ack?}]`. */
export function subscribeRequests(data: unknown): readonly SubscribeRequest[] {
  const requests = requireList(data).map((item, index) => {
    const field = `data.topics[${index}]`;
    if (!isRecord(item)) throw Refusal.badRequest(field, 'must be an object with a topic');
    return {
      topic: requireTopic(item['topic'], `${field}.topic`),
      since: position(item['epoch'], item['seq'], field),
      ack: optionalFlag(item['ack'], `${field}.ack`),
    };
  });
  requireDistinct(requests.map((request) => request.topic));
  return requests;
}

/** `data.topics` of `topic.unsubscribe`: names, or objects with a `topic` like those of a subscribe. */
export function topicNames(data: unknown): readonly string[] {
  return requireList(data).map((item, index) => {
    const field = `data.topics[${index}]`;
    return isRecord(item) ? requireTopic(item['topic'], `${field}.topic`) : requireTopic(item, field);
  });
}

function requireList(data: unknown): readonly unknown[] {
  const topics = requireFields(data)['topics'];
  if (!Array.isArray(topics)) throw Refusal.badRequest('data.topics', 'must be a list');
  return topics;
}

/** Without a `seq` a subscription is live only; without an `epoch` a `seq` says nothing. */
function position(epoch: unknown, seq: unknown, field: string): Position | undefined {
  if (epoch === undefined && seq === undefined) return undefined;
  return { epoch: requireText(epoch, `${field}.epoch`), seq: requireCount(seq, `${field}.seq`, 0) };
}

function requireDistinct(topics: readonly string[]): void {
  const seen = new Set<string>();
  topics.forEach((topic, index) => {
    if (seen.has(topic)) throw Refusal.badRequest(`data.topics[${index}].topic`, 'named twice');
    seen.add(topic);
  });
}
