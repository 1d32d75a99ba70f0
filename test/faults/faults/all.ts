import { descriptorsExhausted } from './descriptors-exhausted.js';
import { diskFull } from './disk-full.js';
import { failoverAsynchronous, failoverSynchronous } from './failover.js';
import type { Fault } from './fault.js';
import { gatewayKilled } from './gateway-killed.js';
import { hostileClients } from './hostile-clients.js';
import { killedAfterCommit } from './killed-after-commit.js';
import { linkLostAfterCommit } from './link-lost-after-commit.js';
import { logReset, restoredFromBaseBackup, restoredFromDump } from './log-replaced.js';
import { longTransactions } from './long-transactions.js';
import { manyStoppedReaders } from './many-stopped-readers.js';
import { oneNodeKilled } from './one-node-killed.js';
import { poisonMessage } from './poison-message.js';
import { postgresFrozen } from './postgres-frozen.js';
import { postgresKilled } from './postgres-killed.js';
import { killedUnderWanderers, nodesUnderWanderers, randomDisconnects, restartedUnderWanderers } from './random-disconnects.js';
import { redisFrozen } from './redis-frozen.js';
import { redisRestarted } from './redis-restarted.js';
import { rollingRestart } from './rolling-restart.js';
import { redisCutOff } from './redis-cut-off.js';
import { redisLosesMessages } from './redis-loses-messages.js';
import { redisKillsSubscriber } from './redis-kills-subscriber.js';
import { halfOpenServers } from './half-open-servers.js';
import { mutePeers } from './mute-peers.js';
import { halfOpenClients } from './half-open-clients.js';
import { clockJumps } from './clock-jumps.js';
import { outboxRelayedTwice } from './outbox-relayed-twice.js';
import { reconnectStorm } from './reconnect-storm.js';
import { collectorHangs } from './collector-hangs.js';
import { logSinkBlocked } from './log-sink-blocked.js';
import { versionSkew } from './version-skew.js';
import { slowNetwork } from './slow-network.js';
import { stalledGateway } from './stalled-gateway.js';
import { stoppedReader } from './stopped-reader.js';

/** Those that are short enough for every run of the tests. */
export const SHORT_FAULTS: readonly Fault[] = [
  randomDisconnects,
  gatewayKilled,
  killedAfterCommit,
  linkLostAfterCommit,
  postgresKilled,
  postgresFrozen,
  stoppedReader,
  stalledGateway,
];

/** Those of several nodes that are short enough; they need a Redis. */
export const SHORT_NODE_FAULTS: readonly Fault[] = [redisRestarted, redisFrozen, rollingRestart];

/** Every fault of the rig, in the order of its table. */
export const FAULTS: readonly Fault[] = [
  ...SHORT_FAULTS,
  restartedUnderWanderers,
  killedUnderWanderers,
  diskFull,
  failoverSynchronous,
  failoverAsynchronous,
  manyStoppedReaders,
  descriptorsExhausted,
  poisonMessage,
  slowNetwork,
  longTransactions,
  restoredFromBaseBackup,
  restoredFromDump,
  logReset,
  ...hostileClients,
  ...SHORT_NODE_FAULTS,
  oneNodeKilled,
  redisCutOff,
  redisLosesMessages,
  redisKillsSubscriber,
  reconnectStorm,
  mutePeers,
  halfOpenClients,
  halfOpenServers,
  clockJumps,
  collectorHangs,
  logSinkBlocked,
  outboxRelayedTwice,
  versionSkew,
  nodesUnderWanderers,
];
