import type { NamespacePolicy } from '../../config/namespace-policy.js';
import type { MissingNode } from '../../protocol/ops/missing-node.js';
import type { TopicItem } from './topic-list.js';
import type { TopicSteps } from './topic-meter.js';
import type { TopicPart, TopicSubscriber } from './topic-part.js';
import { stepsOfNodes } from './steps-of-nodes.js';
import { topicOfNodes } from './topic-of-nodes.js';

/** A topic at one node. */
export interface TopicAtNode {
  readonly node: string;
  readonly subscribers: number;
  readonly published_per_s: number;
  readonly deliveries_per_s: number;
}

/** One topic, over all nodes. */
export interface TopicDetail extends TopicItem {
  /** Of the log, or of the buffer of an ephemeral topic: messages up to `floor` are gone. */
  readonly epoch: string;
  readonly head: number;
  readonly floor: number;
  readonly policy: NamespacePolicy;
  readonly window_s: number;
  /** The last minute in whole steps, the oldest first. */
  readonly steps: TopicSteps;
  readonly nodes: readonly TopicAtNode[];
  readonly items: readonly TopicSubscriber[];
  /** Nodes that did not answer: their subscribers and messages are not counted. */
  readonly missing: readonly MissingNode[];
  readonly next?: string;
}

interface Known {
  readonly ends: { readonly epoch: string; readonly head: number; readonly floor: number };
  readonly policy: NamespacePolicy;
  readonly limit: number;
}

/** Makes one of what the nodes say; at least one did. */
export function topicDetail(
  answers: readonly { readonly node: string; readonly answer: TopicPart }[],
  missing: readonly MissingNode[],
  { ends, policy, limit }: Known,
): TopicDetail {
  const parts = answers.map(({ answer }) => answer);
  const all = parts.flatMap(({ items }) => items).toSorted((one, other) => (one.connection_id < other.connection_id ? -1 : 1));
  const items = all.slice(0, limit);
  const isMore = all.length > limit || parts.some(({ more }) => more);
  const next = isMore ? items.at(-1)?.connection_id : undefined;
  return {
    ...topicOfNodes(parts.map(({ topic }) => topic)),
    ...ends,
    policy,
    window_s: Math.min(...parts.map((part) => part.window_s)),
    steps: stepsOfNodes(parts.map(({ steps }) => steps)),
    nodes: answers.map(({ node, answer: { topic } }) => ({
      node,
      subscribers: topic.subscribers,
      published_per_s: topic.published_per_s,
      deliveries_per_s: topic.deliveries_per_s,
    })),
    items,
    missing,
    ...(next === undefined ? {} : { next }),
  };
}
