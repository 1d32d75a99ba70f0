import type { MigrationInterface } from 'typeorm';
import { ClientSearches1763760000000 } from './client-searches.js';
import { CreateAudit1763740000000 } from './create-audit.js';
import { CreateLedger1763750000000 } from './create-ledger.js';
import { CreateOrders1763770200000 } from './create-orders.js';
import { CreateLog1763690000000 } from './create-log.js';
import { CreateDevices1763720000000 } from './create-devices.js';
import { MessageOrigin1763750001000 } from './message-origin.js';
import { CreateSettings1763740000001 } from './create-settings.js';
import { JoinedRuns1763770100000 } from './joined-runs.js';
import { LedgerSearches1763750002000 } from './ledger-searches.js';
import { Operators1763730000000 } from './operators.js';
import { PublishInTransaction1763700000000 } from './publish-in-transaction.js';
import { ReceiptAcknowledged1763760000001 } from './receipt-acknowledged.js';
import { Revocations1763710000000 } from './revocations.js';
import { TemporarySettings1763760100000 } from './temporary-settings.js';

/** Every migration, oldest first. A migration that was released is never changed. */
export const MIGRATIONS: readonly (new () => MigrationInterface)[] = [
  CreateLog1763690000000,
  PublishInTransaction1763700000000,
  Revocations1763710000000,
  CreateDevices1763720000000,
  Operators1763730000000,
  CreateAudit1763740000000,
  CreateSettings1763740000001,
  CreateLedger1763750000000,
  MessageOrigin1763750001000,
  LedgerSearches1763750002000,
  ClientSearches1763760000000,
  ReceiptAcknowledged1763760000001,
  TemporarySettings1763760100000,
  JoinedRuns1763770100000,
  CreateOrders1763770200000,
];
