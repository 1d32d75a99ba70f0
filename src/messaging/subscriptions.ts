import { Injectable } from '@nestjs/common';
import { Authorizer } from '../auth/authorizer.js';
import { LiveSettings } from '../config/live-settings.js';
import type { ErrorCode } from '../protocol/error-codes.js';
import { Refusal } from '../protocol/refusal.js';
import { namespaceOf, topicKind } from '../protocol/topic-name.js';
import type { SubscriberSighting } from '../telemetry/probe-watch.js';
import { requestContext } from '../telemetry/request-context.js';
import { Telemetry } from '../telemetry/telemetry.js';
import type { LiveMessage } from './frame.js';
import { Hub } from './hub.js';
import { ReceiptBook } from './ledger/receipt-book.js';
import type { Exception, ExceptionReason } from './ledger/receipt.js';
import type { SubscriptionReceipt } from './ledger/subscription-receipt.js';
import { type JoinStart, Joining } from './joining.js';
import type { Position } from './message.js';
import { requirePermission } from './permission.js';
import { type Recovered, Recovery } from './recovery.js';
import type { SessionTopic } from './session-store.js';
import { standingOf } from './standing.js';
import type { Subscriber } from './subscriber.js';
import { Subscription } from './subscription.js';
import { type Held, SubscriptionRegistry } from './subscription-registry.js';
import type { TopicChannel } from './topic-channel.js';
import { TopicPresence } from './topic-presence.js';

export interface SubscribeRequest {
  readonly topic: string;
  /** The last position the client has; undefined: live only. */
  readonly since: Position | undefined;
  /** Whether the client will acknowledge what it receives. */
  readonly ack: boolean;
}

export interface SubscribeOutcome {
  readonly topic: string;
  readonly epoch: string;
  /** Last `seq` that exists for this subscriber: missed messages end here and live ones follow it. */
  readonly head: number;
  /** Undefined when no position was given. */
  readonly recovered: boolean | undefined;
  /** Messages that `activate` pushes before live ones. */
  readonly count: number;
  /** Called after the reply was written: pushes what was missed, then live. Nothing of the topic reaches the subscriber before. */
  activate(): void;
}

/** Who is subscribed to what, and the ways in and out. */
@Injectable()
export class Subscriptions {
  private readonly registry = new SubscriptionRegistry();

  constructor(
    private readonly hub: Hub,
    private readonly recovery: Recovery,
    private readonly authorizer: Authorizer,
    private readonly presence: TopicPresence,
    private readonly settings: LiveSettings,
    private readonly telemetry: Telemetry,
    private readonly receipts: ReceiptBook,
  ) {}

  /**
   * Subscribes, or subscribes again: then the topic pauses for this subscriber until `activate`, and goes on where the new
   * request says. Rejects with a `Refusal`: `PERMISSION_DENIED` naming the rule, `LIMIT_EXCEEDED`, `UNAVAILABLE`.
   */
  async subscribe(subscriber: Subscriber, request: SubscribeRequest): Promise<SubscribeOutcome> {
    const namespace = namespaceOf(request.topic);
    try {
      const outcome = await this.join(subscriber, request);
      const held = this.registry.find(subscriber, request.topic);
      if (held !== undefined) held.counted = true;
      this.telemetry.subscribed(namespace, 'OK');
      if (this.telemetry.probes.isActive) this.tellProbes(subscriber, { kind: 'subscribed', ...outcome });
      return outcome;
    } catch (error) {
      this.telemetry.subscribed(namespace, codeOf(error));
      throw error;
    }
  }

  /** Answers whether it was subscribed. Synchronous: after it returns nothing more of the topic is offered. */
  unsubscribe(subscriber: Subscriber, topic: string): boolean {
    const held = this.registry.remove(subscriber, topic);
    if (held === undefined) return false;
    this.take(held);
    this.receipts.end(held.subscription);
    if (held.counted && this.telemetry.probes.isActive) this.tellProbes(subscriber, { kind: 'unsubscribed', topic });
    return true;
  }

  /**
   * Cumulative; `epoch`: of the message, where the client says so. Refuses with `BAD_REQUEST` what was never offered. After a reset only
   * what names its epoch counts.
   */
  acknowledge(subscriber: Subscriber, topic: string, seq: number, epoch?: string): void {
    const subscription = this.registry.find(subscriber, topic)?.subscription;
    if (subscription === undefined) throw Refusal.badRequest('topic', 'not subscribed to it');
    // It was on its way when the topic began again.
    if (epoch !== undefined && epoch !== (subscription.receipt?.epoch ?? epoch)) return;
    const sent = Math.max(subscription.offered, subscription.reached);
    if (seq > sent) throw Refusal.badRequest('seq', `${seq} has not been sent; the last was ${sent}`);
    // It may mean a message of the epoch before, which came to the client while this one began.
    if (epoch === undefined && subscription.receipt?.restarted === true) return;
    subscription.receipt?.acknowledge(seq);
    if (seq <= subscription.acked) return;
    this.telemetry.acknowledged(namespaceOf(topic), seq - subscription.acked);
    subscription.acked = seq;
    if (this.telemetry.probes.isActive) this.tellProbes(subscriber, { kind: 'acked', topic, seq });
  }

  /** Ends the subscriptions that the subscriber's principal may no longer have, and says which rule refused. */
  recheck(subscriber: Subscriber): readonly { readonly topic: string; readonly refusal: Refusal }[] {
    const dropped: { topic: string; refusal: Refusal }[] = [];
    for (const topic of this.registry.topics(subscriber)) {
      try {
        requirePermission(this.authorizer.maySubscribe(subscriber.principal, topic));
      } catch (refusal) {
        if (!(refusal instanceof Refusal)) throw refusal;
        this.unsubscribe(subscriber, topic);
        dropped.push({ topic, refusal });
      }
    }
    return dropped;
  }

  /** Ends everything the subscriber has, and what it had begun; for good. */
  closeAll(subscriber: Subscriber): void {
    this.registry.end(subscriber);
    const ended = this.registry.topics(subscriber).flatMap((topic) => this.registry.remove(subscriber, topic) ?? []);
    for (const held of ended) this.take(held);
    this.receipts.endAll(
      subscriber,
      ended.map(({ subscription }) => subscription),
    );
  }

  /** From now on, or until now, something has to wait for the subscriber: nobody can say when what it is owed was written. */
  lags(subscriber: Subscriber): void {
    for (const { subscription } of this.registry.all(subscriber))
      if (subscription.receipt !== undefined) subscription.receipt.lagged = true;
  }

  /** Something that waited for the subscriber has been written. */
  landed(subscriber: Subscriber): void {
    this.receipts.landed(subscriber);
  }

  /** Messages of these topics that will not reach the subscriber, and why. */
  except(subscriber: Subscriber, messages: readonly LiveMessage[], reason: ExceptionReason): void {
    for (const message of messages) {
      const receipt = this.registry.find(subscriber, message.topic)?.subscription.receipt;
      this.receipts.receiptOf(subscriber, message, receipt)?.except({ from: message.seq, to: message.seq, reason });
    }
  }

  /** What the subscriber was not given of a topic, oldest first. */
  exceptionsOf(subscriber: Subscriber, topic: string): readonly Exception[] {
    return this.registry.find(subscriber, topic)?.subscription.receipt?.exceptions ?? [];
  }

  openReceiptOf(subscriber: Subscriber, topic: string): SubscriptionReceipt | undefined {
    return this.registry.find(subscriber, topic)?.subscription.receipt;
  }

  topicsOf(subscriber: Subscriber): readonly string[] {
    return this.registry.topics(subscriber);
  }

  /** From where each of its subscriptions would go on if its connection ended now. */
  standingsOf(subscriber: Subscriber): readonly SessionTopic[] {
    return Array.from(this.registry.all(subscriber), ({ subscription }) => standingOf(subscription));
  }

  /** Subscriptions of this node to a topic. */
  of(topic: string): readonly Subscription[] {
    return this.registry.of(topic);
  }

  /** Whoever is subscribed to something. */
  subscribers(): Iterable<Subscriber> {
    return this.registry.subscribers();
  }

  /** Subscriptions of this node, for monitoring. */
  get size(): number {
    return this.registry.size;
  }

  private tellProbes(subscriber: Subscriber, seen: SubscriberSighting): void {
    this.telemetry.probes.saw({ ...seen, subscriber, traceId: requestContext.getStore()?.traceId });
  }

  private async join(subscriber: Subscriber, request: SubscribeRequest): Promise<SubscribeOutcome> {
    this.check(subscriber, request.topic);
    const again = this.registry.find(subscriber, request.topic);
    const held = again ?? this.hold(subscriber, request);
    held.attempt += 1;
    held.busy = true;
    held.subscription.acknowledges = request.ack;
    try {
      return await this.enter(held, request.since, again === undefined);
    } catch (error) {
      if (again === undefined) this.unsubscribe(subscriber, request.topic);
      else if (held.fallback !== undefined && held.joining !== undefined) {
        this.forgetPrepared(held.joining);
        held.joining.activate(held.fallback);
      }
      throw error;
    } finally {
      held.busy = false;
    }
  }

  private check(subscriber: Subscriber, topic: string): void {
    if (this.registry.hasEnded(subscriber)) throw ended();
    requirePermission(this.authorizer.maySubscribe(subscriber.principal, topic));
    const existing = this.registry.find(subscriber, topic);
    if (existing?.busy === true) throw Refusal.badRequest('topic', 'a subscribe to it is under way');
    const most = this.settings.current.gateway.topicsPerConnection;
    if (existing === undefined && topicKind(topic) === 'plain' && this.registry.chosen(subscriber) >= most) {
      throw new Refusal('LIMIT_EXCEEDED', `a connection may subscribe to ${most} topics (option gateway.topicsPerConnection)`, {
        rule: 'gateway.topicsPerConnection',
      });
    }
  }

  private hold(subscriber: Subscriber, request: SubscribeRequest): Held {
    const channel = this.hub.acquire(request.topic);
    const subscription = new Subscription(subscriber, channel, request.ack);
    const held: Held = {
      subscription,
      channel,
      joining: undefined,
      attempt: 0,
      busy: true,
      fallback: undefined,
      counted: false,
      leave: undefined,
    };
    this.registry.add(subscriber, request.topic, held);
    return held;
  }

  private async enter(held: Held, since: Position | undefined, first: boolean): Promise<SubscribeOutcome> {
    const { channel, subscription } = held;
    await channel.ready;
    requireOpen(held);
    const joining = this.pause(held);
    const recovered = since === undefined ? undefined : await this.recover(held, since);
    const start = startOf(joining, since, recovered);
    const recording = start.missed.length > 0 ? this.prepare(joining, start) : undefined;
    if (first) {
      const leave = await this.presence.enter(channel.topic, subscription.subscriber);
      if (isClosed(held)) leave();
      else held.leave = leave;
    }
    await recording;
    requireOpen(held);
    return this.outcome(held, joining, start, recovered);
  }

  /** Recorded before it is pushed: if this node is lost meanwhile, it is known what may have been. */
  private prepare(joining: Joining, start: JoinStart): Promise<void> {
    const { subscription } = joining;
    joining.prepared = this.receipts.prepare(subscription, start);
    return this.receipts.recovering(joining.prepared);
  }

  /** From here on the subscription holds what flows, until it is activated. */
  private pause(held: Held): Joining {
    const { subscription, channel } = held;
    const before = held.joining;
    if (before?.waiting === true) {
      this.forgetPrepared(before);
      return before;
    }
    const behind = before?.cancel();
    if (subscription.state === 'live') channel.fanOut.suspend(subscription);
    requireOpen(held);
    const joining = new Joining(subscription, channel.fanOut, channel.source, behind);
    held.joining = joining;
    held.fallback = behind ?? { ...joining.from, missed: [], continues: true };
    return joining;
  }

  private forgetPrepared(joining: Joining): void {
    const { prepared } = joining;
    joining.prepared = undefined;
    if (prepared !== undefined) this.receipts.discard(prepared);
  }

  /** Out of the fan-out, and of what else holds it. */
  private take({ channel, subscription, joining, leave, counted }: Held): void {
    channel.fanOut.remove(subscription, joining);
    if (joining !== undefined) this.forgetPrepared(joining);
    this.hub.release(channel);
    leave?.();
    if (counted) this.telemetry.unsubscribed(namespaceOf(channel.topic));
  }

  private async recover(held: Held, since: Position): Promise<Recovered> {
    const recovered = await this.recovery.recover(held.channel, since);
    requireOpen(held);
    const namespace = namespaceOf(held.channel.topic);
    if (recovered.recovered) this.telemetry.recovered(namespace, 'recovered', recovered.missed.length);
    else this.telemetry.recovered(namespace, isMemoryLost(held.channel, since, recovered) ? 'memory_lost' : 'not_recovered', 0);
    return recovered;
  }

  private outcome(held: Held, joining: Joining, start: JoinStart, recovered: Recovered | undefined): SubscribeOutcome {
    const { topic } = held.channel;
    const { attempt } = held;
    const { epoch, after, missed } = start;
    const head = recovered?.head ?? after;
    const activate = (): void => {
      if (held.attempt !== attempt) return;
      joining.activate(start);
      if (held.subscription.state === 'live') forgetJoining(held);
    };
    return { topic, epoch, head, recovered: recovered?.recovered, count: missed.length, activate };
  }
}

/** A topic that is kept in memory begins anew with its node, or when nobody used it for long. */
function isMemoryLost({ source }: TopicChannel, since: Position, { epoch }: Recovered): boolean {
  return !source.durable && since.epoch !== epoch;
}

/** Where a subscription goes on from: behind what it has, or from now on. */
function startOf({ from }: Joining, since: Position | undefined, recovered: Recovered | undefined): JoinStart {
  if (recovered === undefined || since === undefined) return { ...from, missed: [] };
  const { epoch, head } = recovered;
  return recovered.recovered ? { epoch, after: since.seq, missed: recovered.missed } : { epoch, after: head, missed: [] };
}

/** What was needed only until the subscription was live: there are as many as subscriptions. */
function forgetJoining(held: Held): void {
  held.joining = undefined;
  held.fallback = undefined;
}

function isClosed(held: Held): boolean {
  return held.subscription.state === 'closed';
}

function requireOpen(held: Held): void {
  if (isClosed(held)) throw ended();
}

function ended(): Refusal {
  return new Refusal('UNAVAILABLE', 'the subscription ended while it was being made');
}

function codeOf(error: unknown): ErrorCode {
  return error instanceof Refusal ? error.code : 'INTERNAL';
}
