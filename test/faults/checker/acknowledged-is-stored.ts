import { Evidence, type Publication } from './evidence.js';

/**
 * L1: what was acknowledged stands in history, at the position that was told, as long as the epoch lives and retention keeps it.
 * What an ended epoch took with it is counted by `lostWithEpoch`.
 */
export function acknowledgedIsStored(evidence: Evidence): readonly string[] {
  const violations: string[] = [];
  for (const publication of evidence.publications.values()) {
    const { publisher, topic, msgId, first } = publication;
    const history = evidence.history.get(topic);
    for (const { epoch, seq } of Evidence.acked(publication)) {
      const what = `${publisher} was told that "${msgId}" of ${topic} is stored at ${epoch}:${seq}`;
      if (history === undefined) violations.push(`${what}, but the topic has no history.`);
      else if (history.epoch !== epoch || seq <= history.floor) continue;
      else {
        const stored = history.bySeq.get(seq);
        if (stored === undefined) violations.push(`${what}, but history (${history.floor + 1} to ${history.head}) has nothing there.`);
        else if (stored.msgId !== msgId || stored.hash !== first.hash)
          violations.push(`${what}, but history has "${stored.msgId}" of ${stored.publisher} there.`);
      }
    }
  }
  return violations;
}

/** Messages whose acknowledgement is of an epoch that ended, and that history does not have at all: what a lost log took. */
export function lostWithEpoch(evidence: Evidence): readonly Publication[] {
  return [...evidence.publications.values()].filter((publication) => {
    const acked = Evidence.acked(publication);
    const epoch = evidence.history.get(publication.topic)?.epoch;
    return acked.length > 0 && acked.every((each) => each.epoch !== epoch) && !evidence.isStored(publication);
  });
}
