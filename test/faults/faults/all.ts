import { diskFull } from './disk-full.js';
import { failoverAsynchronous, failoverSynchronous } from './failover.js';
import type { Fault } from './fault.js';
import { gatewayKilled } from './gateway-killed.js';
import { killedAfterCommit } from './killed-after-commit.js';
import { linkLostAfterCommit } from './link-lost-after-commit.js';
import { logReset, restoredFromBaseBackup, restoredFromDump } from './log-replaced.js';
import { longTransactions } from './long-transactions.js';
import { poisonMessage } from './poison-message.js';
import { postgresFrozen } from './postgres-frozen.js';
import { postgresKilled } from './postgres-killed.js';

/** Those that are short enough for every run of the tests. */
export const SHORT_FAULTS: readonly Fault[] = [gatewayKilled, killedAfterCommit, linkLostAfterCommit, postgresKilled, postgresFrozen];

/** Every fault of the rig, in the order of its table. */
export const FAULTS: readonly Fault[] = [
  ...SHORT_FAULTS,
  diskFull,
  failoverSynchronous,
  failoverAsynchronous,
  poisonMessage,
  longTransactions,
  restoredFromBaseBackup,
  restoredFromDump,
  logReset,
];
