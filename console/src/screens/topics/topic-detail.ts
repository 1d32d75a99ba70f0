import type { TopicItem } from './topic-item.ts';
import type { MissingNode } from '../../ui/missing-nodes.tsx';

/** `GET ops/topics/{topic}`: rates of the last minute, over all nodes; subscribers a page at a time. */
export interface TopicDetail extends TopicItem {
  /** Nodes that did not answer. */
  readonly missing?: readonly MissingNode[];
  readonly epoch: string;
  readonly head: number;
  readonly floor: number;
  readonly steps: TopicSteps;
  readonly items: readonly Subscriber[];
  readonly next?: string;
  readonly as_of: number;
}

/** The last whole steps of the clock, the oldest first: how many in each. */
export interface TopicSteps {
  readonly step_s: number;
  /** When the last of them ended, in milliseconds since the epoch. */
  readonly ended_at: number;
  readonly published: readonly number[];
  readonly deliveries: readonly number[];
}

export interface Subscriber {
  readonly connection_id: string;
  readonly node?: string;
  readonly ref?: string;
  readonly user: string;
  readonly state: 'joining' | 'live';
  /** Last position that it was offered; 0 where it was none yet. */
  readonly offered: number;
  /** Positions of the topic that it was not offered yet. */
  readonly lag: number;
  readonly acknowledges: boolean;
  readonly acked?: number;
  readonly queued_bytes: number;
}
