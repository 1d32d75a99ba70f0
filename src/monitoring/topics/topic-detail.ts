import type { NamespacePolicy } from '../../config/namespace-policy.js';
import type { GatewayControl } from '../../messaging/gateway-control.js';
import type { StoredView } from '../../messaging/stored-view.js';
import type { LiveSubscriber, SubscribersView } from '../../messaging/subscribers-view.js';
import type { LiveTopic } from '../../messaging/topics-view.js';
import { type TopicItem, topicItem } from './topic-list.js';
import type { TopicRates } from './topic-rates.js';
import type { TopicSteps } from './topic-meter.js';

/** A connection of this node that is subscribed to the topic. */
export interface TopicSubscriber {
  readonly connection_id: string;
  readonly ref?: string;
  readonly user: string;
  /** `joining`: what it missed comes first, and live messages wait for that. */
  readonly state: 'joining' | 'live';
  /** Last position that it was offered; 0 where it was none yet. */
  readonly offered: number;
  /** Positions of the topic that it was not offered yet. */
  readonly lag: number;
  readonly acknowledges: boolean;
  /** Last position that it acknowledged; absent where it acknowledges none. */
  readonly acked?: number;
  /** What waits for the connection, of all its topics. */
  readonly queued_bytes: number;
}

/** One topic, as this node knows it. */
export interface TopicDetail extends TopicItem {
  /** Of the log, or of the buffer of an ephemeral topic: messages up to `floor` are gone. */
  readonly epoch: string;
  readonly head: number;
  readonly floor: number;
  readonly policy: NamespacePolicy;
  readonly window_s: number;
  /** The last minute in whole steps, the oldest first. */
  readonly steps: TopicSteps;
  readonly items: readonly TopicSubscriber[];
  readonly next?: string;
}

export interface TopicDetailSources {
  readonly rates: TopicRates;
  readonly stored: Pick<StoredView, 'policyFor' | 'ends'>;
  readonly subscribers: Pick<SubscribersView, 'of'>;
  readonly gateway: Pick<GatewayControl, 'connection'>;
  readonly find: (topic: string) => LiveTopic | undefined;
}

interface Page {
  readonly limit: number;
  /** The connection after which the page begins. */
  readonly cursor: string | undefined;
}

/** Rejects with `UNAVAILABLE` where the log cannot be asked. */
export async function topicDetail(sources: TopicDetailSources, topic: string, { limit, cursor = '' }: Page): Promise<TopicDetail> {
  const { rates, stored, gateway } = sources;
  const { epoch, head, floor } = await stored.ends(topic);
  // Read after the wait, so that rates, subscribers and what waits are of one moment.
  const seconds = rates.windowSeconds;
  const rest = sources.subscribers.of(topic).filter(({ connection }) => connection > cursor);
  const items = rest.slice(0, limit).map((subscriber) => subscriberOf(subscriber, head, gateway));
  const next = rest.length > limit ? items.at(-1)?.connection_id : undefined;
  return {
    ...topicItem(topic, rates.of(topic), sources.find(topic), seconds),
    epoch,
    head,
    floor,
    policy: stored.policyFor(topic),
    window_s: Math.round(seconds),
    steps: rates.stepsOf(topic),
    items,
    ...(next === undefined ? {} : { next }),
  };
}

function subscriberOf(subscriber: LiveSubscriber, head: number, gateway: TopicDetailSources['gateway']): TopicSubscriber {
  const { connection, user, joining, acknowledges, offered, acked } = subscriber;
  const view = gateway.connection(connection);
  return {
    connection_id: connection,
    ...(view === undefined ? {} : { ref: view.ref }),
    user,
    state: joining ? 'joining' : 'live',
    offered,
    lag: Math.max(0, head - offered),
    acknowledges,
    ...(acknowledges ? { acked } : {}),
    queued_bytes: view?.queued_bytes ?? 0,
  };
}
