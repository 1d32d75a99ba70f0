import { Evidence } from './evidence.js';
import { keyOf } from './key.js';

interface Known {
  readonly order: number;
  readonly epoch: string;
  readonly seq: number;
  readonly msgId: string;
}

/** L5: a publisher's pipelined publishes keep their order within a topic, among first attempts whose outcome is known. */
export function publishersKeepTheirOrder(evidence: Evidence): readonly string[] {
  const byTopic = new Map<string, { readonly publisher: string; readonly topic: string; readonly known: Known[] }>();
  for (const publication of evidence.publications.values()) {
    const { publisher, topic, msgId, first, results } = publication;
    const outcome = results.find((result) => result.attempt === first.attempt)?.outcome;
    if (outcome?.kind !== 'acked' || outcome.duplicate) continue;
    const key = keyOf(publisher, topic);
    const entry = byTopic.get(key) ?? { publisher, topic, known: [] };
    byTopic.set(key, entry);
    entry.known.push({ order: first.order, epoch: outcome.epoch, seq: outcome.seq, msgId });
  }
  return [...byTopic.values()].flatMap(({ publisher, topic, known }) => {
    const violations: string[] = [];
    let last: Known | undefined;
    for (const next of known.sort((left, right) => left.order - right.order)) {
      if (last !== undefined && last.epoch === next.epoch && next.seq <= last.seq)
        violations.push(
          `${publisher} sent "${last.msgId}" to ${topic} before "${next.msgId}", but they stand at ${last.seq} and ${next.seq}.`,
        );
      last = next;
    }
    return violations;
  });
}
