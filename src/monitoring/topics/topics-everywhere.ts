import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { TopicsView } from '../../messaging/topics-view.js';
import type { MissingNode } from '../../protocol/ops/missing-node.js';
import { EveryNode } from '../nodes/every-node.js';
import { pageOfTopics, type TopicItem, topicItem, type TopicPage, type TopicSort } from './topic-list.js';
import { TopicRates } from './topic-rates.js';
import { topicOfNodes } from './topic-of-nodes.js';

export interface TopicsQuery {
  readonly sort: TopicSort;
  readonly prefix: string;
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly node?: string | undefined;
}

export interface FoundTopics extends TopicPage {
  /** How long the rates reach back, in seconds: of the node whose reach is shortest. */
  readonly window_s: number;
  /** Topics that were not looked at, on all nodes together, since there were too many. */
  readonly notCounted: number;
  readonly missing: readonly MissingNode[];
}

/** A node's part: the topics that stand first there. */
interface TopicsPart {
  readonly items: readonly TopicItem[];
  readonly window_s: number;
  /** Topics behind the items. */
  readonly behind: number;
  /** Topics that its meter let go, since there were too many. */
  readonly let_go: number;
}

type PartQuery = Pick<TopicsQuery, 'sort' | 'prefix' | 'cursor'>;

const LIST = 'ops.topics';
const NAMED = 'ops.topics.named';
/** Topics that a node tells of: sums are exact for what stands among them on some node. */
const MOST_OF_NODE = 2_000;

/** Which topics are hot, over all nodes. */
@Injectable()
export class TopicsEverywhere {
  constructor(
    private readonly rates: TopicRates,
    private readonly modules: ModuleRef,
    private readonly nodes: EveryNode,
  ) {
    nodes.answer(LIST, (query: PartQuery) => this.first(query));
    nodes.answer(NAMED, ({ topics }: { readonly topics: readonly string[] }) => topics.map((topic) => this.one(topic)));
  }

  async list({ sort, prefix, limit, cursor, node }: TopicsQuery): Promise<FoundTopics> {
    // A place among sums is none in a node's own list, unless both are in the order of names.
    const isSameOrder = sort === 'topic' || this.nodes.isAlone || node !== undefined;
    const asked: PartQuery = { sort, prefix, ...(isSameOrder ? { cursor } : {}) };
    const { answers, missing } = await this.nodes.ask<TopicsPart>(LIST, asked, node);
    const parts = answers.map(({ answer }) => answer);
    const sums = sumsOf(parts.flatMap(({ items }) => items));
    const page = pageOfTopics(sums, sort, limit, cursor);
    const behind = isSameOrder ? 0 : parts.reduce((sum, part) => sum + part.behind, 0);
    return {
      // What is listed may stand behind the first ones of another node.
      items: behind > 0 ? await this.exact(page.items, node) : page.items,
      next: page.next,
      window_s: parts.length === 0 ? 0 : Math.min(...parts.map((part) => part.window_s)),
      notCounted: parts.reduce((sum, part) => sum + part.let_go, behind),
      missing,
    };
  }

  /** Their sums over every node, in the order in which they stand. */
  private async exact(items: readonly TopicItem[], node: string | undefined): Promise<readonly TopicItem[]> {
    const topics = items.map(({ topic }) => topic);
    const { answers } = await this.nodes.ask<readonly TopicItem[]>(NAMED, { topics }, node);
    const sums = new Map(sumsOf(answers.flatMap(({ answer }) => answer)).map((sum) => [sum.topic, sum]));
    return items.map((item) => sums.get(item.topic) ?? item);
  }

  private first({ sort, prefix, cursor }: PartQuery): TopicsPart {
    const seconds = this.rates.windowSeconds;
    const all = this.candidates(sort, prefix, seconds);
    const { items } = pageOfTopics(all, sort, MOST_OF_NODE, cursor);
    return { items, window_s: Math.round(seconds), behind: all.length - items.length, let_go: this.rates.missing };
  }

  private candidates(sort: TopicSort, prefix: string, seconds: number): readonly TopicItem[] {
    const active = this.rates.all().filter(([topic]) => topic.startsWith(prefix));
    const items = active.map(([topic, volume]) => topicItem(topic, volume, this.topics.find(topic), seconds));
    if (sort !== '-subscribers' && sort !== 'topic') return items;
    const known = new Set(active.map(([topic]) => topic));
    const idle = this.topics.list({ prefix, limit: Infinity }).filter(({ topic }) => !known.has(topic));
    return [...items, ...idle.map((live) => topicItem(live.topic, undefined, live, seconds))];
  }

  private one(topic: string): TopicItem {
    return topicItem(topic, this.rates.of(topic), this.topics.find(topic), this.rates.windowSeconds);
  }

  /** Asked for late: this module stands before all others, which the core is one of. */
  private get topics(): TopicsView {
    return this.modules.get(TopicsView, { strict: false });
  }
}

function sumsOf(items: readonly TopicItem[]): readonly TopicItem[] {
  return [...Map.groupBy(items, ({ topic }) => topic).values()].map(topicOfNodes);
}
