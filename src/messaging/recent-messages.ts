import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { Namespaces } from './namespaces.js';
import { type RecentLimits, RecentTopic } from './recent-topic.js';

/**
 * The latest messages of the open topics of this node, within one budget over all of them. Clients who lost their node together come
 * back within seconds and want the same few messages: these are read from the log once, or not at all. Where the budget ends, the topic
 * that had no message for the longest time gives.
 */
@Injectable()
export class RecentMessages {
  /** In the order of their last message, oldest first. */
  private readonly topics = new Set<RecentTopic>();
  private newest: RecentTopic | undefined;
  private messages = 0;
  private bytes = 0;

  constructor(
    private readonly config: Config,
    private readonly namespaces: Namespaces,
  ) {}

  /** For one opening of a topic; undefined where none are kept. Topics without a log have a buffer of their own. */
  of(topic: string): RecentTopic | undefined {
    const { recentMessages, recentBytes, recoveryMessages, recoveryBytes } = this.config.messaging;
    const { durable, history_length: length, history_age_s: ageS } = this.namespaces.policyFor(topic);
    const limits: RecentLimits = { messages: recoveryMessages, bytes: recoveryBytes, length, ageMs: ageS * 1_000 };
    const isOff = !durable || [recentMessages, recentBytes, recoveryMessages, recoveryBytes].includes(0);
    return isOff ? undefined : new RecentTopic(limits, this);
  }

  /** Forgets all of them, because some may not be kept any more. */
  clear(): void {
    for (const topic of [...this.topics]) topic.clear();
  }

  /** What a topic keeps has grown, or shrunk. */
  changed(topic: RecentTopic, messages: number, bytes: number): void {
    this.messages += messages;
    this.bytes += bytes;
    if (topic.size === 0) this.topics.delete(topic);
    else if (messages > 0 && this.newest !== topic) {
      this.topics.delete(topic);
      this.topics.add(topic);
      this.newest = topic;
    }
    if (topic.size === 0 && this.newest === topic) this.newest = undefined;
    if (messages > 0) this.makeRoom();
  }

  private makeRoom(): void {
    const { recentMessages, recentBytes } = this.config.messaging;
    while (this.messages > recentMessages || this.bytes > recentBytes) {
      const [oldest] = this.topics;
      if (oldest === undefined) return;
      oldest.drop();
    }
  }
}
