import type { HandedMessage, WatchedPlace } from '../../telemetry/probe-watch.js';

/** What is remembered of a message that somebody who is watched was about to be given. */
export interface RecentMessage {
  readonly msgId: string;
  readonly publisher: string;
  readonly action: string;
  /** Traceparent of its delivery on this node. */
  readonly delivery: string | undefined;
  /** The payload's JSON text, where a probe shows payloads. */
  readonly dataText: string | undefined;
}

const REMEMBERED = 1_024;

/** The last messages of watched topics: a frame names its message by position alone. */
export class RecentMessages {
  private readonly messages = new Map<string, RecentMessage>();

  remember({ msgId, publisher, action, dataText, ...place }: HandedMessage, delivery: string | undefined, withPayload: boolean): void {
    if (this.messages.size >= REMEMBERED) {
      const [oldest] = this.messages.keys();
      if (oldest !== undefined) this.messages.delete(oldest);
    }
    this.messages.set(keyOf(place), { msgId, publisher, action, delivery, dataText: withPayload ? dataText : undefined });
  }

  of(place: WatchedPlace): RecentMessage | undefined {
    return this.messages.get(keyOf(place));
  }

  clear(): void {
    this.messages.clear();
  }
}

export function keyOf({ topic, epoch, seq }: WatchedPlace): string {
  return `${topic}\n${epoch}\n${seq}`;
}
