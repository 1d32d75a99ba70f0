import { isRecord } from '../../protocol/envelope.js';
import { namespaceOf, topicKind } from '../../protocol/topic-name.js';

/** The topic that a frame's data names, as the client wrote it; undefined where it names none, or several. */
export function namedTopic(data: unknown): string | undefined {
  const topic = isRecord(data) ? data['topic'] : undefined;
  return typeof topic === 'string' ? topic : undefined;
}

/** Namespace of that topic; undefined where it is no topic. */
export function namedNamespace(data: unknown): string | undefined {
  const topic = namedTopic(data);
  return topic === undefined || topicKind(topic) === undefined ? undefined : namespaceOf(topic);
}
