import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { MemoryBroker } from '../broker/memory-broker.js';
import { MemoryPresence } from '../broker/memory-presence.js';
import { MemorySessionStore } from '../broker/memory-session-store.js';
import { RedisBroker } from '../broker/redis-broker.js';
import { RedisPresence } from '../broker/redis-presence.js';
import { RedisSessionStore } from '../broker/redis-session-store.js';
import { ClusterModule } from '../cluster/cluster.module.js';
import { NodeChannel } from '../cluster/node-channel.js';
import { RedisLinks } from '../cluster/redis-links.js';
import { Config } from '../config/config.js';
import { PostgresErasure } from '../storage/ledger/postgres-erasure.js';
import { PostgresLedger } from '../storage/ledger/postgres-ledger.js';
import { PostgresLedgerReader } from '../storage/ledger/postgres-ledger-reader.js';
import { PostgresHints } from '../storage/outbox/postgres-hints.js';
import { PostgresMessageLog } from '../storage/postgres-message-log.js';
import { StorageModule } from '../storage/storage.module.js';
import { Broker } from './broker.js';
import { BusView } from './bus-view.js';
import { Erasure } from './erasure.js';
import { EventBus } from './event-bus.js';
import { FlushTurn } from './flush-turn.js';
import { GroupCommit } from './group-commit.js';
import { HintPoll } from './hint-poll.js';
import { HintSource } from './hint-source.js';
import { History } from './history.js';
import { Hub } from './hub.js';
import { ErasureStore } from './ledger/erasure-store.js';
import { Ledger } from './ledger/ledger.js';
import { LiveReceipts } from './ledger/live-receipts.js';
import { LedgerReader } from './ledger/ledger-reader.js';
import { ReceiptBook } from './ledger/receipt-book.js';
import { MessageLog } from './message-log.js';
import { Namespaces } from './namespaces.js';
import { Presence } from './presence.js';
import { PresenceAnnouncer } from './presence-announcer.js';
import { PublishQueueView } from './publish-queue-view.js';
import { OverviewTopic } from './overview-topic.js';
import { ProbeTopic } from './probe-topic.js';
import { Publisher } from './publisher.js';
import { RecentMessages } from './recent-messages.js';
import { Recovery } from './recovery.js';
import { RewindClaims } from './rewind-claims.js';
import { SessionStore } from './session-store.js';
import { MessagingShutdown } from './shutdown.js';
import { StoredView } from './stored-view.js';
import { SubscribersView } from './subscribers-view.js';
import { Subscriptions } from './subscriptions.js';
import { TopicPresence } from './topic-presence.js';
import { TopicsView } from './topics-view.js';
import { TopicSources } from './topic-source.js';

/** The one place that chooses adapters. */
const ADAPTERS = [
  { provide: MessageLog, useExisting: PostgresMessageLog },
  { provide: HintSource, useExisting: PostgresHints },
  {
    provide: Broker,
    inject: [Config, RedisLinks],
    useFactory: ({ cluster }: Config, links: RedisLinks): Broker =>
      links.isConfigured ? new RedisBroker(links, cluster) : new MemoryBroker(),
  },
  {
    provide: Presence,
    inject: [Config, RedisLinks],
    useFactory: ({ cluster }: Config, links: RedisLinks): Presence =>
      links.isConfigured ? new RedisPresence(links, cluster.presenceTtlMs) : new MemoryPresence(),
  },
  {
    provide: SessionStore,
    inject: [Config, RedisLinks, NodeChannel],
    useFactory: ({ messaging }: Config, links: RedisLinks, channel: NodeChannel): SessionStore =>
      links.isConfigured
        ? new RedisSessionStore(links, channel, messaging.sessionExpiryMs)
        : new MemorySessionStore(channel.node, messaging.sessionExpiryMs),
  },
  { provide: Ledger, useExisting: PostgresLedger },
  { provide: LedgerReader, useExisting: PostgresLedgerReader },
  { provide: ErasureStore, useExisting: PostgresErasure },
];

@Module({
  imports: [AuthModule, ClusterModule, StorageModule],
  providers: [
    ...ADAPTERS,
    BusView,
    Erasure,
    EventBus,
    FlushTurn,
    GroupCommit,
    HintPoll,
    History,
    Hub,
    LiveReceipts,
    MessagingShutdown,
    Namespaces,
    OverviewTopic,
    PresenceAnnouncer,
    ProbeTopic,
    Publisher,
    PublishQueueView,
    ReceiptBook,
    RecentMessages,
    Recovery,
    RewindClaims,
    StoredView,
    SubscribersView,
    Subscriptions,
    TopicPresence,
    TopicSources,
    TopicsView,
  ],
  exports: [
    BusView,
    Erasure,
    EventBus,
    FlushTurn,
    History,
    Ledger,
    LiveReceipts,
    LedgerReader,
    Namespaces,
    OverviewTopic,
    ProbeTopic,
    Publisher,
    PublishQueueView,
    SessionStore,
    Subscriptions,
    TopicPresence,
    TopicsView,
  ],
})
export class MessagingModule {}
