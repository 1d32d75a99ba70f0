import { Broker, type BrokerListener, type BusRole, type NoticeListener } from '../messaging/broker.js';
import type { AppendOutcome, HistoryPage, ReadRange, TopicEnds, TopicSummary } from '../messaging/message-log.js';
import type { Draft, Message } from '../messaging/message.js';
import { MemoryBus, type Station } from './memory-bus.js';

/** The bus of a single node. Several brokers on one `MemoryBus` behave like several nodes. */
export class MemoryBroker extends Broker implements Station {
  override readonly mayLose = false;
  readonly topics = new Set<string>();
  listener: BrokerListener | undefined;
  noticeListener: NoticeListener | undefined;
  private attached = true;

  constructor(private readonly bus = new MemoryBus()) {
    super();
    bus.attach(this);
  }

  override async publish(message: Message): Promise<void> {
    this.bus.send(message);
  }

  override async publishEphemeral(draft: Draft, bufferLength: number): Promise<AppendOutcome> {
    return this.bus.sequence(draft, bufferLength);
  }

  override async readEphemeral(topic: string, range: ReadRange): Promise<HistoryPage> {
    return this.bus.read(topic, range);
  }

  override async endsEphemeral(topic: string): Promise<TopicEnds> {
    return this.bus.ends(topic);
  }

  override async ephemeralTopics(page: {
    readonly after?: string;
    readonly prefix?: string;
    readonly limit: number;
  }): Promise<readonly TopicSummary[]> {
    return this.bus.topics(page);
  }

  override async deleteEphemeral(topic: string): Promise<boolean> {
    return this.bus.delete(topic);
  }

  override async tell(topic: string, text: string): Promise<void> {
    this.bus.tell(topic, text);
  }

  override listenToNotices(listener: NoticeListener): void {
    this.noticeListener = listener;
  }

  override async subscribe(topic: string): Promise<void> {
    this.topics.add(topic);
  }

  override async unsubscribe(topic: string): Promise<void> {
    this.topics.delete(topic);
  }

  override listen(listener: BrokerListener): void {
    this.listener = listener;
  }

  override isConnected(role: BusRole): boolean {
    return this.attached && (role === 'publish' || this.listener !== undefined);
  }

  override trouble(): undefined {
    return undefined;
  }

  /** It stands as long as it is open. */
  override watch(): void {}

  override async close(): Promise<void> {
    this.attached = false;
    this.topics.clear();
    this.bus.detach(this);
  }
}
