import type { Evidence } from './evidence.js';

/** L3: per topic, `seq` runs from floor + 1 to head, each once and in order. */
export function historyHasNoHoles(evidence: Evidence): readonly string[] {
  const violations: string[] = [];
  for (const { topic, epoch, floor, head, messages } of evidence.history.values()) {
    let last = floor;
    for (const { seq } of messages) {
      if (seq !== last + 1) violations.push(`History of ${topic} (${epoch}) goes from ${last} to ${seq}.`);
      last = seq;
    }
    if (last !== head) violations.push(`History of ${topic} (${epoch}) ends at ${last}, but its head is ${head}.`);
  }
  return violations;
}
