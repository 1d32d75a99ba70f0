import { Injectable } from '@nestjs/common';
import { Hub } from './hub.js';
import { Subscriptions } from './subscriptions.js';

/** A topic with local subscribers. */
export interface LiveTopic {
  readonly topic: string;
  readonly subscribers: number;
  readonly epoch: string;
  /** Highest `seq` this node has delivered. */
  readonly head: number;
}

export interface LiveTopicQuery {
  /** By name, or those with most subscribers first. Default: by name. */
  readonly sort?: 'topic' | '-subscribers';
  readonly prefix?: string;
  readonly offset?: number;
  readonly limit: number;
}

/** Read-only view of this node's live topics, for monitoring. */
@Injectable()
export class TopicsView {
  constructor(
    private readonly hub: Hub,
    private readonly registry: Subscriptions,
  ) {}

  /** Topics with at least one local subscriber. */
  count(): number {
    let count = 0;
    for (const channel of this.hub.open()) if (channel.fanOut.subscribers > 0) count += 1;
    return count;
  }

  /** Subscriptions of this node over all topics. */
  subscriptions(): number {
    return this.registry.size;
  }

  /** One topic; undefined where nobody on this node listens to it. */
  find(topic: string): LiveTopic | undefined {
    const channel = this.hub.find(topic);
    if (channel === undefined || channel.fanOut.subscribers === 0) return undefined;
    return { topic, subscribers: channel.fanOut.subscribers, epoch: channel.epoch, head: channel.head };
  }

  list(query: LiveTopicQuery): readonly LiveTopic[] {
    const { sort = 'topic', prefix = '', offset = 0, limit } = query;
    const topics: LiveTopic[] = [];
    for (const { topic, epoch, head, fanOut } of this.hub.open()) {
      if (fanOut.subscribers > 0 && topic.startsWith(prefix)) topics.push({ topic, subscribers: fanOut.subscribers, epoch, head });
    }
    topics.sort(sort === 'topic' ? byName : (left, right) => right.subscribers - left.subscribers || byName(left, right));
    return topics.slice(offset, offset + limit);
  }
}

function byName(left: LiveTopic, right: LiveTopic): number {
  return left.topic < right.topic ? -1 : 1;
}
