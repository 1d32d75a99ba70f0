import type { Evidence } from './evidence.js';

/** L6: nothing is delivered or stored that nobody attempted; a payload that changed on its way is such a message. */
export function nothingUnattempted(evidence: Evidence): readonly string[] {
  const violations: string[] = [];
  for (const [subscriber, records] of evidence.subscribers) {
    for (const record of records) {
      if (record.kind !== 'delivered' || evidence.wasAttempted(record.topic, record.msgId, record.hash)) continue;
      violations.push(`${subscriber} was sent "${record.msgId}" of ${record.topic} at ${record.seq}, which nobody published like that.`);
    }
  }
  for (const { topic, messages } of evidence.history.values()) {
    for (const { msgId, seq, hash } of messages) {
      if (evidence.wasAttempted(topic, msgId, hash)) continue;
      violations.push(`History of ${topic} has "${msgId}" at ${seq}, which nobody published like that.`);
    }
  }
  return violations;
}
