import { Injectable } from '@nestjs/common';
import type { NamespacePolicy } from '../config/namespace-policy.js';
import type { HistoryPage, ReadRange, TopicEnds } from './message-log.js';
import type { Message } from './message.js';
import { Namespaces } from './namespaces.js';
import { TopicSources } from './topic-source.js';

/** Read-only view of where a topic's messages are kept, for monitoring. Rejects with `UNAVAILABLE` where the log cannot be asked. */
@Injectable()
export class StoredView {
  constructor(
    private readonly sources: TopicSources,
    private readonly namespaces: Namespaces,
  ) {}

  policyFor(topic: string): NamespacePolicy {
    return this.namespaces.policyFor(topic);
  }

  ends(topic: string): Promise<TopicEnds> {
    return this.sources.of(topic).ends(topic);
  }

  /** Messages that history, or the buffer of an ephemeral topic, still has, in rising `seq`. */
  page(topic: string, range: ReadRange): Promise<HistoryPage> {
    return this.sources.of(topic).read(topic, range);
  }

  /** A message of the present epoch that history, or the buffer of an ephemeral topic, still has. */
  async read(topic: string, seq: number): Promise<Message | undefined> {
    const { messages } = await this.sources.of(topic).read(topic, { after: seq - 1, limit: 1 });
    return messages.find((message) => message.seq === seq);
  }
}
