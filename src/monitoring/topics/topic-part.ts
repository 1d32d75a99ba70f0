import type { GatewayControl } from '../../messaging/gateway-control.js';
import type { LiveSubscriber, SubscribersView } from '../../messaging/subscribers-view.js';
import type { LiveTopic } from '../../messaging/topics-view.js';
import { type TopicItem, topicItem } from './topic-list.js';
import type { TopicSteps } from './topic-meter.js';
import type { TopicRates } from './topic-rates.js';

/** A connection that is subscribed to the topic. */
export interface TopicSubscriber {
  readonly connection_id: string;
  readonly node: string;
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

/** A topic as one node has it. */
export interface TopicPart {
  readonly topic: TopicItem;
  readonly window_s: number;
  readonly steps: TopicSteps;
  /** In the order of their connections' ids. */
  readonly items: readonly TopicSubscriber[];
  readonly more: boolean;
}

export interface TopicPartQuery {
  readonly topic: string;
  readonly head: number;
  readonly limit: number;
  /** The connection after which the page begins. */
  readonly cursor?: string | undefined;
}

export interface TopicPartSources {
  readonly node: string;
  readonly rates: TopicRates;
  readonly subscribers: Pick<SubscribersView, 'of'>;
  readonly gateway: Pick<GatewayControl, 'connection'>;
  readonly find: (topic: string) => LiveTopic | undefined;
}

export function topicPart(sources: TopicPartSources, { topic, head, limit, cursor = '' }: TopicPartQuery): TopicPart {
  const { rates } = sources;
  const seconds = rates.windowSeconds;
  const rest = sources.subscribers.of(topic).filter(({ connection }) => connection > cursor);
  return {
    topic: topicItem(topic, rates.of(topic), sources.find(topic), seconds),
    window_s: Math.round(seconds),
    steps: rates.stepsOf(topic),
    items: rest.slice(0, limit).map((subscriber) => subscriberOf(subscriber, head, sources)),
    more: rest.length > limit,
  };
}

function subscriberOf(subscriber: LiveSubscriber, head: number, { node, gateway }: TopicPartSources): TopicSubscriber {
  const { connection, user, joining, acknowledges, offered, acked } = subscriber;
  const view = gateway.connection(connection);
  return {
    connection_id: connection,
    node,
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
