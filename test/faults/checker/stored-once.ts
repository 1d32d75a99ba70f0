import type { Evidence } from './evidence.js';
import { keyOf } from './key.js';

/** L2: no (topic, publisher, msg_id) stands in history twice. */
export function storedOnce(evidence: Evidence): readonly string[] {
  const violations: string[] = [];
  for (const { topic, epoch, messages } of evidence.history.values()) {
    const seen = new Map<string, number>();
    for (const { publisher, msgId, seq } of messages) {
      const key = keyOf(publisher, msgId);
      const first = seen.get(key);
      if (first === undefined) seen.set(key, seq);
      else violations.push(`History of ${topic} (${epoch}) has "${msgId}" of ${publisher} at ${first} and again at ${seq}.`);
    }
  }
  return violations;
}
