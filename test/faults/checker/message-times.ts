import { messageKey } from './client-log.js';
import { Evidence } from './evidence.js';

/** When the message at a place was published, by its publisher's log. */
export class MessageTimes {
  private readonly begun = new Map<string, number>();
  private readonly told = new Map<string, number>();

  constructor(evidence: Evidence) {
    for (const publication of evidence.publications.values()) {
      const acked = Evidence.acked(publication);
      // An acknowledgement may have been lost where history has the message.
      const places = acked.length > 0 ? acked : [evidence.placeOf(publication)].filter((place) => place !== undefined);
      for (const { epoch, seq } of places) {
        const key = messageKey(publication.topic, epoch, seq);
        this.begun.set(key, publication.first.at);
        const first = publication.results.find(({ outcome }) => outcome.kind === 'acked' && outcome.epoch === epoch && outcome.seq === seq);
        if (first !== undefined) this.told.set(key, first.at);
      }
    }
  }

  /** When its first attempt was made; undefined where it is not known whose message it is. */
  attempted(topic: string, epoch: string, seq: number): number | undefined {
    return this.begun.get(messageKey(topic, epoch, seq));
  }

  /** When its publisher was told that it is stored. */
  acknowledged(topic: string, epoch: string, seq: number): number | undefined {
    return this.told.get(messageKey(topic, epoch, seq));
  }
}
