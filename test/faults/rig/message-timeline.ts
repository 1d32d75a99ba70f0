import { messageKey } from '../checker/client-log.js';
import { Evidence } from '../checker/evidence.js';
import type { MessageTimes } from '../checker/message-times.js';
import type { Position } from '../checker/record.js';

/** A message that is known to exist, and about when it came to be. */
export interface Sighting extends Position {
  readonly topic: string;
  readonly at: number;
}

/** Every message that anybody saw, was told of, or read, in the order of time. */
export class Timeline {
  readonly all: readonly Sighting[];
  private readonly byTopic = new Map<string, Sighting[]>();
  private readonly heads = new Map<string, number>();

  constructor(evidence: Evidence, times: MessageTimes) {
    const seen = new Map<string, Sighting>();
    const add = (topic: string, { epoch, seq }: Position, at: number): void => {
      const key = messageKey(topic, epoch, seq);
      if (!seen.has(key)) seen.set(key, { topic, epoch, seq, at: times.attempted(topic, epoch, seq) ?? at });
    };
    for (const { topic, first, results } of evidence.publications.values()) {
      for (const { outcome } of results) if (outcome.kind === 'acked') add(topic, outcome, first.at);
    }
    for (const records of evidence.subscribers.values()) {
      for (const record of records) if (record.kind === 'delivered') add(record.topic, record, record.at);
    }
    this.all = [...seen.values()].sort((left, right) => left.at - right.at);
    for (const sighting of this.all) {
      const { topic, epoch, seq } = sighting;
      const own = this.byTopic.get(topic);
      if (own === undefined) this.byTopic.set(topic, [sighting]);
      else own.push(sighting);
      const key = messageKey(topic, epoch, 0);
      this.heads.set(key, Math.max(this.heads.get(key) ?? 0, seq));
    }
  }

  between(topic: string, from: number, to: number): readonly Sighting[] {
    return (this.byTopic.get(topic) ?? []).filter(({ at }) => at >= from && at <= to);
  }

  /** Highest `seq` seen of an epoch. */
  head(topic: string, epoch: string): number {
    return this.heads.get(messageKey(topic, epoch, 0)) ?? 0;
  }
}
