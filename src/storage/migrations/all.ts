import type { MigrationInterface } from 'typeorm';
import { CreateAudit1763740000000 } from './create-audit.js';
import { CreateLog1763690000000 } from './create-log.js';
import { CreateDevices1763720000000 } from './create-devices.js';
import { CreateSettings1763740000001 } from './create-settings.js';
import { Operators1763730000000 } from './operators.js';
import { PublishInTransaction1763700000000 } from './publish-in-transaction.js';
import { Revocations1763710000000 } from './revocations.js';

/** Every migration, oldest first. A migration that was released is never changed. */
export const MIGRATIONS: readonly (new () => MigrationInterface)[] = [
  CreateLog1763690000000,
  PublishInTransaction1763700000000,
  Revocations1763710000000,
  CreateDevices1763720000000,
  Operators1763730000000,
  CreateAudit1763740000000,
  CreateSettings1763740000001,
];
