import type { HandedMessage, HandingWatch, ResultListener, WatchedResult, WatchedSubscriber } from '../../telemetry/probe-watch.js';
import { parseTraceparent } from '../tracing/traceparent.js';
import type { Probe } from './probe.js';
import type { DeliveryParts } from './watched-offers.js';

interface Recipient {
  readonly connection_id: string;
  readonly ref: string | undefined;
  readonly user: string;
  result: WatchedResult | undefined;
}

/**
 * Shows probes of a topic what becomes of some messages at its subscribers: the first ones by name, then by number. What the hot loop
 * pays ends with the first ones.
 */
export class WatchedHanding implements HandingWatch {
  private readonly recipients: Recipient[] = [];

  constructor(
    private readonly messages: readonly HandedMessage[],
    private readonly deliveries: readonly (string | undefined)[],
    private readonly probes: readonly Probe[],
    private readonly mostRecipients: number,
    private readonly parts: DeliveryParts,
  ) {}

  recipient(subscriber: WatchedSubscriber): ResultListener | undefined {
    if (this.recipients.length >= this.mostRecipients) return undefined;
    const { id, facts } = subscriber;
    const user = facts?.user ?? subscriber.principal.id;
    const recipient: Recipient = { connection_id: id, ref: facts?.ref, user, result: undefined };
    this.recipients.push(recipient);
    for (const message of this.messages) {
      const known = this.parts.messages.of(message);
      const bytes = Buffer.byteLength(message.dataText);
      this.parts.deliveries.begin(id, message, () =>
        this.parts.spans.deliver({ connection: { id, ref: facts?.ref, user }, place: message, message: known, bytes }),
      );
    }
    return (result) => {
      recipient.result = result;
      for (const message of this.messages) this.parts.deliveries.became(id, message, result);
    };
  }

  done({ written, queued, dropped, overflow, closed }: Readonly<Record<WatchedResult, number>>): void {
    const recipients = written + queued + dropped + overflow + closed;
    const counts = { recipients, written, queued, dropped, not_written: overflow + closed };
    const more = Math.max(0, recipients - this.recipients.length);
    const raw = { name: 'first_recipients', json: JSON.stringify(this.recipients) };
    this.messages.forEach(({ topic, epoch, seq, msgId, publisher, action, dataText }, index) => {
      const trace = parseTraceparent(this.deliveries[index])?.traceId;
      const fields = { topic, epoch, seq, msg_id: msgId, publisher, action, ...counts, more, trace_id: trace };
      for (const probe of this.probes) probe.show('fan_out', fields, { raw, payload: dataText });
    });
  }
}
