import type { Evidence } from './evidence.js';
import { stepsOf } from './subscriber-positions.js';

/** L4: each subscriber sees rising `seq`; it jumps only after a gap, a reset or `recovered: false` told it so. */
export function subscribersSeeEveryHole(evidence: Evidence): readonly string[] {
  const violations: string[] = [];
  for (const [subscriber, records] of evidence.subscribers) {
    for (const { record, topic, problem } of stepsOf(records)) {
      if (problem !== undefined) violations.push(`${subscriber}, connection ${record.connection}, topic ${topic}: ${problem}.`);
    }
  }
  return violations;
}
