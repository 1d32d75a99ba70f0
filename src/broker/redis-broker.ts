import type { RedisLinks } from '../cluster/redis-links.js';
import { Broker, type BrokerListener, type BusRole } from '../messaging/broker.js';
import type { AppendOutcome, HistoryPage, TopicEnds, TopicSummary } from '../messaging/message-log.js';
import type { Message } from '../messaging/message.js';
import { Refusal } from '../protocol/refusal.js';
import { messageFrame, readMessageFrame } from './message-frame.js';

const RETRY_AFTER_MS = 1_000;

/** The bus between nodes that share a Redis: each topic is a channel of its Pub/Sub. */
export class RedisBroker extends Broker {
  private listener: BrokerListener | undefined;

  constructor(private readonly links: RedisLinks) {
    super();
  }

  override async publish(message: Message): Promise<void> {
    await this.links.commands.client.publish(this.channelOf(message.topic), messageFrame(message, Date.now()));
  }

  override publishEphemeral(): Promise<AppendOutcome> {
    return Promise.reject(withoutSequence());
  }

  override readEphemeral(): Promise<HistoryPage> {
    return Promise.reject(withoutSequence());
  }

  override endsEphemeral(): Promise<TopicEnds> {
    return Promise.reject(withoutSequence());
  }

  override ephemeralTopics(): Promise<readonly TopicSummary[]> {
    return Promise.resolve([]);
  }

  override deleteEphemeral(): Promise<boolean> {
    return Promise.resolve(false);
  }

  override subscribe(topic: string): Promise<void> {
    return this.links.subscriber.subscribe(this.channelOf(topic), (frame) => this.receive(frame));
  }

  override unsubscribe(topic: string): Promise<void> {
    return this.links.subscriber.unsubscribe(this.channelOf(topic));
  }

  override listen(listener: BrokerListener): void {
    this.listener = listener;
  }

  override isConnected(role: BusRole): boolean {
    return role === 'publish' ? this.links.commands.up : this.links.subscriber.isComplete;
  }

  override async close(): Promise<void> {
    this.listener = undefined;
  }

  private receive(frame: Buffer): void {
    const { message, sentAt } = readMessageFrame(frame);
    this.listener?.(message, Date.now() - sentAt);
  }

  private channelOf(topic: string): string {
    return this.links.key('topic', topic);
  }
}

function withoutSequence(): Refusal {
  return new Refusal('UNAVAILABLE', 'topics without a log do not cross nodes in this version', { retryAfterMs: RETRY_AFTER_MS });
}
