import { setImmediate as turn } from 'node:timers/promises';
import { ClaimsAuthorizer } from '../../src/auth/claims-authorizer.js';
import { EVERY_GRANT, NO_GRANTS, type Principal } from '../../src/auth/principal.js';
import { MemoryBroker } from '../../src/broker/memory-broker.js';
import { MemoryBus } from '../../src/broker/memory-bus.js';
import { MemoryPresence } from '../../src/broker/memory-presence.js';
import { Config } from '../../src/config/config.js';
import { LiveSettings } from '../../src/config/live-settings.js';
import { EventBus } from '../../src/messaging/event-bus.js';
import { GroupCommit } from '../../src/messaging/group-commit.js';
import { History } from '../../src/messaging/history.js';
import { Hub } from '../../src/messaging/hub.js';
import type { Ledger } from '../../src/messaging/ledger/ledger.js';
import { LiveReceipts } from '../../src/messaging/ledger/live-receipts.js';
import { NoopLedger } from '../../src/messaging/ledger/noop-ledger.js';
import { ReceiptBook } from '../../src/messaging/ledger/receipt-book.js';
import { MemoryMessageLog } from '../../src/messaging/memory-message-log.js';
import type { HistoryPage, MessageLog, ReadRange, TopicEnds } from '../../src/messaging/message-log.js';
import type { Message } from '../../src/messaging/message.js';
import { Namespaces } from '../../src/messaging/namespaces.js';
import { PresenceAnnouncer } from '../../src/messaging/presence-announcer.js';
import { Publisher, type PublishReceipt } from '../../src/messaging/publisher.js';
import { RewindClaims } from '../../src/messaging/rewind-claims.js';
import { RecentMessages } from '../../src/messaging/recent-messages.js';
import { Recovery } from '../../src/messaging/recovery.js';
import type { FrameBatch, OfferResult } from '../../src/messaging/frame.js';
import { FlushTurn } from '../../src/messaging/flush-turn.js';
import type { Subscriber } from '../../src/messaging/subscriber.js';
import { Subscriptions } from '../../src/messaging/subscriptions.js';
import { TopicPresence } from '../../src/messaging/topic-presence.js';
import { TopicsView } from '../../src/messaging/topics-view.js';
import { TopicSources } from '../../src/messaging/topic-source.js';
import { RecordingTelemetry } from '../../src/telemetry/recording-telemetry.js';

export function principalOf(id: string, grants = EVERY_GRANT): Principal {
  return { kind: 'user', id, roles: [], grants, scopes: [], expiresAt: undefined, tokenId: undefined };
}

export const STRANGER = principalOf('stranger', NO_GRANTS);

/** A frame as a client sees it. */
export interface SeenFrame {
  readonly action: string;
  readonly topic?: string;
  readonly epoch?: string;
  readonly seq?: number;
  readonly msg_id?: string;
  readonly trace?: string;
  readonly data?: unknown;
}

/** Keeps what it is offered, as frames; answers every offer as told. */
export class SeeingSubscriber implements Subscriber {
  readonly frames: SeenFrame[] = [];
  readonly batches: FrameBatch[] = [];
  result: OfferResult = 'written';
  queuedBytes = 0;

  constructor(
    readonly id: string,
    public principal: Principal = principalOf(id),
  ) {}

  offer(batch: FrameBatch): OfferResult {
    const frames = framesOf(batch.bytes);
    if (frames.length !== batch.frames.length) throw new Error(`a batch of ${batch.frames.length} frames holds ${frames.length}`);
    this.batches.push(batch);
    this.frames.push(...frames);
    return this.result;
  }

  get seqs(): readonly (number | undefined)[] {
    return this.frames.filter((frame) => frame.seq !== undefined).map((frame) => frame.seq);
  }

  of(action: string): readonly SeenFrame[] {
    return this.frames.filter((frame) => frame.action === action);
  }
}

/** Unmasked text frames of a server, one after the other (RFC 6455 section 5.2). */
export function framesOf(bytes: Buffer): readonly SeenFrame[] {
  const frames: SeenFrame[] = [];
  let index = 0;
  while (index < bytes.length) {
    const short = bytes.readUInt8(index + 1);
    const header = short < 126 ? 2 : short === 126 ? 4 : 10;
    const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(index + 2) : Number(bytes.readBigUInt64BE(index + 2));
    frames.push(JSON.parse(bytes.toString('utf8', index + header, index + header + length)) as SeenFrame);
    index += header + length;
  }
  return frames;
}

/** A bus whose faults a test decides: `pass` sees every message and delivers it, later, twice, or never. */
export class FaultyBroker extends MemoryBroker {
  pass: (message: Message, deliver: () => void) => void = (_message, deliver) => deliver();
  subscribeFault: Error | undefined;

  override async publish(message: Message): Promise<void> {
    this.pass(message, () => void super.publish(message));
  }

  override async subscribe(topic: string): Promise<void> {
    await turn();
    if (this.subscribeFault !== undefined) throw this.subscribeFault;
    await super.subscribe(topic);
  }
}

/** A log whose reads a test may hold back or fail, before they happen or on their way back: then they are stale. */
export class FaultyLog extends MemoryMessageLog {
  readonly ranges: ReadRange[] = [];
  endsRead = 0;
  beforeRead: () => Promise<void> = () => Promise.resolve();
  afterRead: () => Promise<void> = turn;
  changePage: (page: HistoryPage) => HistoryPage = (page) => page;

  get reads(): number {
    return this.ranges.length;
  }

  override async read(topic: string, range: ReadRange): Promise<HistoryPage> {
    this.ranges.push(range);
    await this.beforeRead();
    const page = this.changePage(await super.read(topic, range));
    await this.afterRead();
    return page;
  }

  override async ends(topics: readonly string[]): Promise<readonly TopicEnds[]> {
    this.endsRead += 1;
    const ends = await super.ends(topics);
    await this.afterRead();
    return ends;
  }
}

/** No waiting, no sweeps and no presence frames, and room for whatever a test publishes at once, except where it asks for them. */
const QUICK = {
  WAYBILL_GROUP_COMMIT_MS: '0',
  WAYBILL_HEAL_DELAY_MS: '0',
  WAYBILL_HEAD_SWEEP_MS: '0',
  WAYBILL_PRESENCE_COALESCE_MS: '60000',
  WAYBILL_PUBLISH_QUEUE: '10000',
};

export interface CoreOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly file?: unknown;
  readonly bus?: MemoryBus;
  readonly log?: (config: Config) => MessageLog;
  readonly ledger?: Ledger;
}

/** The messaging core of one node, wired as its module wires it. */
export class MessagingCore {
  readonly config: Config;
  readonly log: MessageLog;
  readonly broker: FaultyBroker;
  readonly telemetry = new RecordingTelemetry();
  readonly hub: Hub;
  readonly groupCommit: GroupCommit;
  readonly publisher: Publisher;
  readonly subscriptions: Subscriptions;
  readonly history: History;
  readonly presence: TopicPresence;
  readonly announcer: PresenceAnnouncer;
  readonly eventBus: EventBus;
  readonly view: TopicsView;
  readonly receipts: ReceiptBook;
  readonly openReceipts: LiveReceipts;
  readonly turn = new FlushTurn();

  constructor(options: CoreOptions = {}) {
    const env = { ...QUICK, ...options.env };
    this.config = Config.from(env, options.file);
    this.log = options.log?.(this.config) ?? new FaultyLog(this.config);
    this.broker = new FaultyBroker(options.bus ?? new MemoryBus());
    const { config, log, broker, telemetry } = this;
    const namespaces = new Namespaces(config);
    const sources = new TopicSources(log, broker, namespaces);
    const authorizer = new ClaimsAuthorizer(config);
    const members = new MemoryPresence();
    const ledger = options.ledger ?? new NoopLedger();
    this.receipts = new ReceiptBook(ledger);
    this.hub = new Hub(
      broker,
      log,
      sources,
      config,
      telemetry,
      namespaces,
      this.turn,
      this.receipts,
      new RecentMessages(config, namespaces),
    );
    this.groupCommit = new GroupCommit(log, config, telemetry);
    this.publisher = new Publisher(authorizer, namespaces, this.groupCommit, broker, this.hub, telemetry);
    this.announcer = new PresenceAnnouncer(this.hub, members, config);
    this.presence = new TopicPresence(members, this.announcer, namespaces, authorizer, config);
    this.subscriptions = new Subscriptions(
      this.hub,
      new Recovery(config, new RewindClaims(log)),
      authorizer,
      this.presence,
      new LiveSettings(config),
      telemetry,
      this.receipts,
    );
    this.openReceipts = new LiveReceipts(this.hub, this.subscriptions, this.receipts, ledger);
    this.openReceipts.onModuleInit();
    this.history = new History(log, broker, sources, namespaces, this.hub, authorizer, ledger);
    this.eventBus = new EventBus(this.hub);
    this.view = new TopicsView(this.hub, this.subscriptions);
  }

  /** Publishes as alice; `n` is the payload. */
  publish(
    topic: string,
    n: unknown,
    fields: { readonly msgId?: string; readonly principal?: Principal; readonly trace?: string } = {},
  ): Promise<PublishReceipt> {
    const { msgId, principal = principalOf('alice'), trace } = fields;
    const request = { topic, action: 'message', dataText: JSON.stringify(n), msgId, clientTimestamp: undefined, trace };
    return this.publisher.publish(request, { principal, door: 'socket', connection: undefined });
  }

  async publishMany(topic: string, count: number): Promise<readonly PublishReceipt[]> {
    return Promise.all(Array.from({ length: count }, (_, index) => this.publish(topic, index)));
  }

  /** Subscribes and activates at once. */
  async join(
    subscriber: Subscriber,
    topic: string,
    since?: { readonly epoch: string; readonly seq: number },
  ): Promise<Awaited<ReturnType<Subscriptions['subscribe']>>> {
    const outcome = await this.subscriptions.subscribe(subscriber, { topic, since, ack: false });
    outcome.activate();
    return outcome;
  }

  async close(): Promise<void> {
    await this.groupCommit.close();
    this.announcer.close();
    await this.hub.close();
    await this.broker.close();
  }
}

/** Lets everything that is due run: microtasks, fan-outs, healing without delay. */
export async function settle(turns = 20): Promise<void> {
  for (let index = 0; index < turns; index += 1) {
    await turn();
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}
