import type { Watchable } from '../../messaging/gateway-control.js';
import { type HandedMessage, type HandingWatch, type OfferWatch, ProbeWatch, type Sighting } from '../../telemetry/probe-watch.js';
import type { ConnectionFacts } from '../../telemetry/telemetry.js';
import type { Probe } from './probe.js';
import type { ProbeWish } from '../tracing/tracing.js';
import { eventOf, toMicroseconds, whose } from './probe-event.js';
import type { ProbeSpans } from './probe-spans.js';
import { type About, isProbeTopic, watches, watchesConnection, watchesTopic } from './probe-target.js';
import { RecentMessages } from './recent-messages.js';
import { TouchedTopics } from './touched-topics.js';
import { WatchedDeliveries } from './watched-deliveries.js';
import { WatchedHanding } from './watched-handing.js';
import { type DeliveryParts, WatchedOffers } from './watched-offers.js';

/** Passes on what happens to the probes that watch it. Nothing here is reached while no probe is live. */
export class LiveProbes extends ProbeWatch {
  private live: readonly Probe[] = [];
  private readonly touched = new TouchedTopics();
  private readonly parts: DeliveryParts;

  constructor(
    spans: ProbeSpans,
    private readonly mostRecipients: number,
  ) {
    super();
    this.parts = { deliveries: new WatchedDeliveries(), messages: new RecentMessages(), spans };
  }

  override get isActive(): boolean {
    return this.live.length > 0;
  }

  /** From now on these are live, and these connections are what there is to watch. */
  become(live: readonly Probe[], watchables: Iterable<Watchable>): void {
    this.live = live;
    this.touched.clear();
    for (const watchable of watchables) {
      const offers = this.offersOf(watchable.facts);
      watchable.watch(offers);
      if (offers !== undefined) for (const topic of watchable.topics()) this.touched.add(topic, watchable.facts.id);
    }
    if (this.isActive) return;
    this.parts.deliveries.clear();
    this.parts.messages.clear();
  }

  /** Whether a probe watches this, or what it is sent to. */
  names(about: About): boolean {
    if (!this.isActive || (about.topic !== undefined && isProbeTopic(about.topic))) return false;
    const isTouched = about.topic !== undefined && this.touched.has(about.topic);
    return isTouched || this.live.some(({ start }) => watches(start.target, about));
  }

  /** Whether a span about this should begin although it would not be traced otherwise. Takes one of those that may. */
  traces(about: About): boolean {
    return this.names(about) && this.parts.spans.take();
  }

  /** What it says of a root about this; undefined while no probe is live. */
  wishFor(about: About): ProbeWish | undefined {
    return this.isActive ? { names: () => this.names(about), takes: () => this.traces(about) } : undefined;
  }

  /** As `wishFor`, of a newcomer who may turn out to be one who is watched. */
  wishForNewcomers(): ProbeWish | undefined {
    const names = (): boolean => this.live.some(({ start }) => start.target.kind === 'user');
    return this.isActive ? { names, takes: () => names() && this.parts.spans.take() } : undefined;
  }

  override offersOf(connection: ConnectionFacts): OfferWatch | undefined {
    const probes = this.live.filter(({ start }) => watchesConnection(start.target, connection));
    return probes.length === 0 ? undefined : new WatchedOffers(connection, probes, this.parts);
  }

  override handing(messages: readonly HandedMessage[], deliveries: readonly (string | undefined)[]): HandingWatch | undefined {
    const topic = messages[0]?.topic;
    if (topic === undefined || isProbeTopic(topic)) return undefined;
    const probes = this.live.filter(({ start }) => watchesTopic(start.target, topic));
    if (probes.length === 0 && !this.touched.has(topic)) return undefined;
    const withPayload = this.live.some(({ start }) => start.payload);
    messages.forEach((message, index) => this.parts.messages.remember(message, deliveries[index], withPayload));
    return probes.length === 0 ? undefined : new WatchedHanding(messages, deliveries, probes, this.mostRecipients, this.parts);
  }

  override saw(sighting: Sighting): void {
    if (sighting.kind === 'settled') return this.settled(sighting);
    this.follow(sighting);
    const { about, kind, fields, payload } = eventOf(sighting);
    if (about.topic !== undefined && isProbeTopic(about.topic)) return;
    for (const probe of this.live) if (watches(probe.start.target, about)) probe.show(kind, fields, { payload });
    if (sighting.kind === 'closed') this.endOf(sighting.connection);
  }

  /** What a watched connection is subscribed to changes while it is watched. */
  private follow(sighting: Sighting): void {
    if (sighting.kind === 'closed') return this.touched.leave(sighting.connection.id);
    if (sighting.kind !== 'subscribed' && sighting.kind !== 'unsubscribed') return;
    const { subscriber, topic } = sighting;
    const { facts } = subscriber;
    if (sighting.kind === 'unsubscribed') return this.touched.remove(topic, subscriber.id);
    const isWatched = facts !== undefined && this.live.some(({ start }) => watchesConnection(start.target, facts));
    if (isWatched && !isProbeTopic(topic)) this.touched.add(topic, subscriber.id);
  }

  private settled({ connection, outcome, messages }: Extract<Sighting, { readonly kind: 'settled' }>): void {
    for (const place of messages) {
      if (isProbeTopic(place.topic)) continue;
      const waitedMs = this.parts.deliveries.settle(connection.id, place, outcome);
      const { topic, epoch, seq } = place;
      const waited = waitedMs === undefined ? undefined : toMicroseconds(waitedMs);
      const fields = { ...whose(connection), topic, epoch, seq, outcome, waited_ms: waited };
      const about = { connectionId: connection.id, user: connection.user, topic };
      for (const probe of this.live) if (watches(probe.start.target, about)) probe.show('settled', fields);
    }
  }

  private endOf(connection: ConnectionFacts): void {
    for (const probe of this.live) {
      if (probe.start.target.kind === 'connection' && probe.start.target.id === connection.id) probe.end('connection_closed');
    }
  }
}
