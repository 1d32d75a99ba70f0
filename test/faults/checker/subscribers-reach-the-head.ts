import type { Evidence } from './evidence.js';
import type { HeadRecord, SubscriberRecord } from './record.js';
import { type Step, stepsOf } from './subscriber-positions.js';

/** How soon after healing a live subscriber must have everything, in milliseconds. */
export const HEAL_MS = 5_000;

/** L7: every live subscriber reaches the head within 5 s of healing, or was told by then what will not come. */
export function subscribersReachTheHead(evidence: Evidence): readonly string[] {
  const violations: string[] = [];
  for (const [subscriber, records] of evidence.subscribers) {
    const steps = [...stepsOf(records)];
    const topics = new Set(steps.map(({ topic }) => topic));
    for (const head of evidence.heads) {
      if (!topics.has(head.topic) || !lives(records, head) || hasLeft(records, head)) continue;
      const own = steps.filter(({ topic }) => topic === head.topic);
      if (own.some((step) => reaches(step, head) && step.record.at <= head.at + HEAL_MS)) continue;
      const late = own.find((step) => reaches(step, head));
      const last = own.findLast(({ record }) => record.at <= head.at + HEAL_MS)?.position;
      violations.push(
        `${subscriber} stood at ${last === undefined ? 'nothing' : `${last.epoch}:${last.seq}`} of ${head.topic} ${HEAL_MS / 1_000} s after it healed; ` +
          `the head was ${head.epoch}:${head.head}${late === undefined ? ', which it never reached' : `, which it reached after ${late.record.at - head.at} ms`}.`,
      );
    }
  }
  return violations;
}

/** It was there. Who ended it before this is the test; later the test ends it only when it has, or had its time to have, everything. */
function lives(records: readonly SubscriberRecord[], head: HeadRecord): boolean {
  const began = records.some(({ at, kind }) => kind === 'subscribed' && at <= head.at);
  const ended = records.find(({ kind }) => kind === 'stopped');
  return began && (ended === undefined || ended.at > head.at);
}

/** It did not want the topic any more. */
function hasLeft(records: readonly SubscriberRecord[], { topic, at }: HeadRecord): boolean {
  const last = records.findLast(
    (record) => record.at <= at && (record.kind === 'leaving' || record.kind === 'subscribed') && record.topic === topic,
  );
  return last?.kind === 'leaving';
}

function reaches({ position, record }: Step, head: HeadRecord): boolean {
  // A subscribe reply that promises the missing messages has not brought them yet.
  if (record.kind === 'subscribed' && record.recovered === true && record.since !== undefined)
    return record.epoch === head.epoch && record.since.seq >= head.head;
  return position.epoch === head.epoch && position.seq >= head.head;
}
