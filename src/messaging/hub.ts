import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { namespaceOf } from '../protocol/topic-name.js';
import { Telemetry } from '../telemetry/telemetry.js';
import { Broker } from './broker.js';
import { EphemeralSweep } from './ephemeral-sweep.js';
import { FanOut } from './fan-out.js';
import { FlushTurn } from './flush-turn.js';
import { Flusher } from './flusher.js';
import { HeadSweep } from './head-sweep.js';
import type { Hint } from './hint-source.js';
import { Moves } from './ledger/moves.js';
import { ReceiptBook } from './ledger/receipt-book.js';
import { MessageLog } from './message-log.js';
import type { Message } from './message.js';
import { Namespaces } from './namespaces.js';
import { RecentMessages } from './recent-messages.js';
import { type ChannelLimits, TopicChannel } from './topic-channel.js';
import { TopicSources } from './topic-source.js';

/** How long a topic stays subscribed at the bus after its last local subscriber left, in milliseconds: reloads are common. */
const LINGER_MS = 1_000;

/** All topics that somebody on this node listens to. */
@Injectable()
export class Hub {
  private readonly channels = new Map<string, TopicChannel>();
  private readonly lingering = new Map<TopicChannel, NodeJS.Timeout>();
  /** Topics whose end at the bus is under way; a new beginning waits for it. */
  private readonly leaving = new Map<string, Promise<void>>();
  private readonly flusher: Flusher;
  private readonly sweep: HeadSweep;
  private readonly ephemeralSweep: EphemeralSweep;
  private readonly limits = new Map<string, ChannelLimits>();
  /** Topics of which there is something to record. */
  readonly moves = new Moves();

  constructor(
    private readonly broker: Broker,
    log: MessageLog,
    private readonly sources: TopicSources,
    private readonly config: Config,
    private readonly telemetry: Telemetry,
    private readonly namespaces: Namespaces,
    turn: FlushTurn,
    private readonly receipts: ReceiptBook,
    private readonly recent: RecentMessages,
  ) {
    this.flusher = new Flusher(turn, config.messaging.flushDelayMs);
    broker.listen((message, lagMs) => this.receive(message, lagMs));
    broker.listenToNotices((topic, text) => this.notify(topic, text));
    this.sweep = new HeadSweep(
      log,
      () => this.open(),
      () => this.sweepMs(),
    );
    this.sweep.start();
    this.ephemeralSweep = new EphemeralSweep(() => this.open(), config.messaging.ephemeralSweepMs);
    if (broker.mayLose) this.ephemeralSweep.start();
    broker.watch(() => this.busChanged());
  }

  /** Topics that are open on this node. */
  open(): Iterable<TopicChannel> {
    return this.channels.values();
  }

  find(topic: string): TopicChannel | undefined {
    return this.channels.get(topic);
  }

  /** Subscriptions of this node to a topic. */
  subscribers(topic: string): number {
    return this.channels.get(topic)?.fanOut.subscribers ?? 0;
  }

  /** Holds a topic open; the caller awaits its `ready` and releases it exactly once, also when `ready` rejects. */
  acquire(topic: string): TopicChannel {
    const channel = this.channels.get(topic) ?? this.create(topic);
    channel.holders += 1;
    const timer = this.lingering.get(channel);
    if (timer !== undefined) {
      clearTimeout(timer);
      this.lingering.delete(channel);
    }
    return channel;
  }

  release(channel: TopicChannel): void {
    channel.holders -= 1;
    if (channel.holders > 0 || this.channels.get(channel.topic) !== channel) return;
    const timer = setTimeout(() => this.end(channel), LINGER_MS);
    timer.unref();
    this.lingering.set(channel, timer);
  }

  /** Pushes a frame that is not part of the log to the topic's subscribers on this node. */
  notify(topic: string, text: string): void {
    this.channels.get(topic)?.notify(text);
  }

  /** The same on every node that has subscribers of the topic. */
  announce(topic: string, text: string): void {
    this.broker.tell(topic, text).catch(() => this.telemetry.busError('tell'));
  }

  /** Compares a topic with its source now, for example because it was deleted. */
  async verify(topic: string): Promise<void> {
    await this.channels.get(topic)?.verify();
  }

  /** Whether a topic that is open on this node stands in the log. */
  get listensToLog(): boolean {
    for (const channel of this.channels.values()) if (channel.source.durable) return true;
    return false;
  }

  /** Positions that topics have reached without a word from the bus. */
  hint(hints: readonly Hint[]): void {
    for (const hint of hints) this.channels.get(hint.topic)?.hint(hint);
  }

  async close(): Promise<void> {
    this.sweep.close();
    this.ephemeralSweep.close();
    for (const channel of [...this.channels.values()]) this.end(channel);
    await Promise.all(this.leaving.values());
    this.flusher.close();
  }

  /** Messages of other nodes come by the sweep alone while the bus does not bring them. */
  private sweepMs(): number {
    const { headSweepMs, busAwaySweepMs } = this.config.messaging;
    if (this.broker.isConnected('subscribe') || busAwaySweepMs === 0 || headSweepMs === 0) return headSweepMs;
    return Math.min(headSweepMs, busAwaySweepMs);
  }

  /** What was lost is looked for at once, and then as often as it is now called for. */
  private busChanged(): void {
    this.sweep.soon();
    if (this.broker.isConnected('publish')) this.ephemeralSweep.soon();
  }

  private receive(message: Message, lagMs: number | undefined): void {
    this.telemetry.busMessage('in', lagMs);
    this.channels.get(message.topic)?.receive(message);
  }

  private create(topic: string): TopicChannel {
    const namespace = namespaceOf(topic);
    const { telemetry, receipts } = this;
    const limits = this.limitsOf(namespace);
    const fanOut = new FanOut(topic, namespace, this.flusher, telemetry, limits.ledger ? this.moves : undefined, () => channel.drained());
    const channel: TopicChannel = new TopicChannel(
      topic,
      { source: this.sources.of(topic), fanOut, receipts, recent: this.recent.of(topic), telemetry },
      limits,
    );
    this.channels.set(topic, channel);
    channel.start(this.joinBus(topic)).catch(() => {
      this.telemetry.busError('subscribe');
      this.end(channel);
    });
    return channel;
  }

  /** One object for all topics of a namespace. */
  private limitsOf(namespace: string): ChannelLimits {
    const known = this.limits.get(namespace);
    if (known !== undefined) return known;
    const { healDelayMs, recoveryMessages } = this.config.messaging;
    const { slow, ledger } = this.namespaces.policyFor(namespace);
    const limits = { healDelayMs, recoveryMessages, namespace, slow, ledger: ledger === 'receipts' };
    // Names that no policy knows are the clients' to make up, so they are not kept.
    if (Object.hasOwn(this.config.messaging.namespaces, namespace)) this.limits.set(namespace, limits);
    return limits;
  }

  private async joinBus(topic: string): Promise<void> {
    await this.leaving.get(topic);
    await this.broker.subscribe(topic);
  }

  private end(channel: TopicChannel): void {
    const { topic } = channel;
    clearTimeout(this.lingering.get(channel));
    this.lingering.delete(channel);
    if (this.channels.get(topic) !== channel) return;
    this.channels.delete(topic);
    channel.close();
    const left = this.broker
      .unsubscribe(topic)
      .catch(() => this.telemetry.busError('unsubscribe'))
      .then(() => {
        if (this.leaving.get(topic) === left) this.leaving.delete(topic);
      });
    this.leaving.set(topic, left);
  }
}
