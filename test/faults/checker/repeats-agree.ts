import { Evidence } from './evidence.js';

/** L8: every acknowledgement of one message tells one and the same position, and only the first of them is not a repeat's. */
export function repeatsAgree(evidence: Evidence): readonly string[] {
  const violations: string[] = [];
  for (const publication of evidence.publications.values()) {
    const [first, ...others] = Evidence.acked(publication);
    if (first === undefined) continue;
    const { publisher, topic, msgId } = publication;
    for (const other of others) {
      if (other.epoch !== first.epoch) continue;
      if (other.seq !== first.seq)
        violations.push(`${publisher} was told ${first.seq} and later ${other.seq} for "${msgId}" of ${topic} (${first.epoch}).`);
      if (!other.duplicate) violations.push(`${publisher} repeated "${msgId}" of ${topic} and was not told that it is a duplicate.`);
    }
    const stored = evidence.placeOf(publication);
    if (stored !== undefined && stored.epoch === first.epoch && stored.seq !== first.seq)
      violations.push(`${publisher} was told ${first.seq} for "${msgId}" of ${topic} (${first.epoch}), which stands at ${stored.seq}.`);
  }
  return violations;
}
