import { randomBytes } from 'node:crypto';
import type { Config } from '../config/config.js';
import type { RedisLinks } from '../cluster/redis-links.js';
import { Broker, type BrokerListener, type BusRole, type NoticeListener } from '../messaging/broker.js';
import type { AppendOutcome, HistoryPage, ReadRange, TopicEnds, TopicSummary } from '../messaging/message-log.js';
import type { Draft, Message } from '../messaging/message.js';
import { MemoryBroker } from './memory-broker.js';
import { messageFrame, readMessageFrame } from './message-frame.js';
import { isOfNode } from './node-topics.js';
import { PublishWindow } from './publish-window.js';
import { RedisEphemeral } from './redis-ephemeral.js';
import { redisAway, redisBehind } from './redis-refusal.js';
import type { NamePage } from './topic-names.js';

const TAG_BYTES = 6;
/** What a frame is, at its first byte: a message, a message that Redis sequenced, a notice. The rest of its first line says who sent it. */
const SEQUENCED = 'e'.charCodeAt(0);
const NOTICE = 'n'.charCodeAt(0);
const LINE_END = 0x0a;

/**
 * The bus between nodes that share a Redis: each topic is a channel of its Pub/Sub.
 *
 * What has a log is handed out on its own node at once, and what comes back from Redis of it is passed over: whoever is connected here
 * waits for nobody, also when Redis is away, and order is the log's, by `seq`. What has no log gets its `seq` from Redis and comes by
 * Redis alone, on its own node too. What a node writes for itself stays in its memory.
 */
export class RedisBroker extends Broker {
  override readonly mayLose = true;
  private listener: BrokerListener | undefined;
  private noticeListener: NoticeListener | undefined;
  private readonly tag = randomBytes(TAG_BYTES).toString('hex');
  private readonly own = new MemoryBroker();
  private readonly ephemeral: RedisEphemeral;
  private readonly subscribed = new Set<string>();
  private readonly window: PublishWindow;
  private attached = true;

  constructor(
    private readonly links: RedisLinks,
    { redisInFlight, redisInFlightBytes }: Pick<Config['cluster'], 'redisInFlight' | 'redisInFlightBytes'>,
  ) {
    super();
    this.window = new PublishWindow(redisInFlight, redisInFlightBytes);
    this.ephemeral = new RedisEphemeral(links, this.window, (topic) => this.channelOf(topic));
    this.own.listen((message) => this.listener?.(message));
    this.own.listenToNotices((topic, text) => this.noticeListener?.(topic, text));
  }

  override async publish(message: Message): Promise<void> {
    void this.own.publish(message);
    if (isOfNode(message.topic)) return;
    await this.send(message.topic, `m${this.tag}\n${messageFrame(message, this.links.roundTrip.clock.now())}`);
  }

  override async publishEphemeral(draft: Draft, bufferLength: number): Promise<AppendOutcome> {
    if (isOfNode(draft.topic)) return this.own.publishEphemeral(draft, bufferLength);
    return this.ephemeral.publish(draft, bufferLength, this.links.roundTrip.clock.now());
  }

  override readEphemeral(topic: string, range: ReadRange): Promise<HistoryPage> {
    return isOfNode(topic) ? this.own.readEphemeral(topic, range) : this.ephemeral.read(topic, range);
  }

  override endsEphemeral(topic: string): Promise<TopicEnds> {
    return isOfNode(topic) ? this.own.endsEphemeral(topic) : this.ephemeral.ends(topic, this.subscribed.has(topic));
  }

  override async ephemeralTopics(page: NamePage): Promise<readonly TopicSummary[]> {
    const [own, shared] = await Promise.all([this.own.ephemeralTopics(page), this.ephemeral.topics(page)]);
    return [...own, ...shared].toSorted((left, right) => (left.topic < right.topic ? -1 : 1)).slice(0, page.limit);
  }

  override deleteEphemeral(topic: string): Promise<boolean> {
    return isOfNode(topic) ? this.own.deleteEphemeral(topic) : this.ephemeral.remove(topic);
  }

  override async tell(topic: string, text: string): Promise<void> {
    void this.own.tell(topic, text);
    if (!isOfNode(topic)) await this.send(topic, `n${this.tag}\n${text}`);
  }

  override listenToNotices(listener: NoticeListener): void {
    this.noticeListener = listener;
  }

  override async subscribe(topic: string): Promise<void> {
    await this.own.subscribe(topic);
    this.subscribed.add(topic);
    if (!isOfNode(topic)) await this.links.subscriber.subscribe(this.channelOf(topic), (frame) => this.receive(topic, frame));
  }

  override async unsubscribe(topic: string): Promise<void> {
    this.subscribed.delete(topic);
    await this.own.unsubscribe(topic);
    if (!isOfNode(topic)) await this.links.subscriber.unsubscribe(this.channelOf(topic));
  }

  override listen(listener: BrokerListener): void {
    this.listener = listener;
  }

  override isConnected(role: BusRole): boolean {
    return this.attached && (role === 'publish' ? this.links.commands.up : this.links.roundTrip.isHearing);
  }

  override trouble(): string | undefined {
    return this.links.commands.trouble ?? this.links.subscriber.trouble;
  }

  override watch(listener: () => void): void {
    this.links.roundTrip.onChange(listener);
    this.links.commands.on('up', listener);
    this.links.commands.on('down', listener);
  }

  override async close(): Promise<void> {
    this.attached = false;
    this.listener = undefined;
    await this.own.close();
    await Promise.all([...this.subscribed].map((topic) => this.unsubscribe(topic)));
  }

  private receive(topic: string, frame: Buffer): void {
    const end = frame.indexOf(LINE_END);
    if (frame[0] !== SEQUENCED && frame.toString('latin1', 1, end) === this.tag) return;
    if (frame[0] === NOTICE) return this.noticeListener?.(topic, frame.toString('utf8', end + 1));
    const { message, sentAt } = readMessageFrame(frame, end + 1);
    this.listener?.(message, Math.max(0, this.links.roundTrip.clock.now() - sentAt));
  }

  /** What is not sent, or lost, is in the log. */
  private async send(topic: string, frame: string): Promise<void> {
    const what = `a message of ${topic} to other nodes`;
    if (!this.links.commands.up) throw redisAway(what, this.links.commands.trouble);
    if (!this.window.hasRoom(frame.length)) throw redisBehind(what);
    await this.window.hold(frame.length, this.links.publish(this.channelOf(topic), frame));
  }

  private channelOf(topic: string): string {
    return this.links.topicKey('topic', topic);
  }
}
