import type { OfferWatch, ResultListener, WatchedFrame, WatchedPlace } from '../../telemetry/probe-watch.js';
import type { ConnectionFacts } from '../../telemetry/telemetry.js';
import { parseTraceparent } from '../tracing/traceparent.js';
import type { Probe } from './probe.js';
import { whose } from './probe-event.js';
import type { ProbeSpans } from './probe-spans.js';
import { isProbeTopic } from './probe-target.js';
import type { RecentMessages } from './recent-messages.js';
import type { WatchedDeliveries } from './watched-deliveries.js';

/** What those who watch deliveries share. */
export interface DeliveryParts {
  readonly deliveries: WatchedDeliveries;
  readonly messages: RecentMessages;
  readonly spans: ProbeSpans;
}

interface Offered {
  readonly place: WatchedPlace;
  readonly bytes: number;
}

/** Shows its probes every message that one connection is offered, and what becomes of each. */
export class WatchedOffers implements OfferWatch {
  constructor(
    private readonly connection: ConnectionFacts,
    private readonly probes: readonly Probe[],
    private readonly parts: DeliveryParts,
  ) {}

  offered(frames: readonly WatchedFrame[], replay: boolean): ResultListener | undefined {
    const offered = messagesOf(frames);
    if (offered.length === 0) return replay ? (result) => this.showReplay(frames, result) : undefined;
    const { deliveries, messages, spans } = this.parts;
    // What comes from history has no live delivery that it could be part of, and its waiting is not settled one by one.
    for (const { place, bytes } of replay ? [] : offered) {
      const describe = { connection: this.connection, place, message: messages.of(place), bytes };
      deliveries.begin(this.connection.id, place, () => spans.deliver(describe));
    }
    return (result) => {
      for (const each of offered) {
        deliveries.became(this.connection.id, each.place, result);
        this.show(each, result, replay);
      }
    };
  }

  private show({ place, bytes }: Offered, result: string, replay: boolean): void {
    const message = this.parts.messages.of(place);
    const fields = {
      ...whose(this.connection),
      topic: place.topic,
      epoch: place.epoch,
      seq: place.seq,
      msg_id: message?.msgId,
      publisher: message?.publisher,
      action: message?.action,
      result,
      bytes,
      ...(replay ? { recovered: true } : {}),
      trace_id: parseTraceparent(message?.delivery)?.traceId,
    };
    for (const probe of this.probes) probe.show('delivery', fields, { payload: message?.dataText });
  }

  /** Messages from history whose frames do not say which they are. */
  private showReplay(frames: readonly WatchedFrame[], result: string): void {
    const bytes = frames.reduce((sum, frame) => sum + frame.bytes.length, 0);
    const fields = { ...whose(this.connection), messages: frames.length, result, bytes, recovered: true };
    for (const probe of this.probes) probe.show('delivery', fields);
  }
}

function messagesOf(frames: readonly WatchedFrame[]): readonly Offered[] {
  const offered: Offered[] = [];
  for (const { live, carries: place = live, bytes } of frames) {
    if (place !== undefined && !isProbeTopic(place.topic)) offered.push({ place, bytes: bytes.length });
  }
  return offered;
}
