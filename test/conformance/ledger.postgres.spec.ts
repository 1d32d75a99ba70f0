import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { Config } from '../../src/config/config.js';
import { LedgerHealth } from '../../src/storage/ledger/ledger-health.js';
import { PostgresLedgerReader } from '../../src/storage/ledger/postgres-ledger-reader.js';
import { PostgresLedger } from '../../src/storage/ledger/postgres-ledger.js';
import { HandMadeReceipts } from '../support/hand-made-receipts.js';
import { freshDatabase } from '../support/postgres.js';
import { describeLedger, type LedgerRunUnderTest } from './ledger.suite.js';
import { openMessageLog } from './open-message-log.js';

Logger.overrideLogger(false);

const POLL_MS = 10;

async function start(url: string, node: string): Promise<LedgerRunUnderTest> {
  const config = Config.from({
    ...{ WAYBILL_NODE_ID: node, WAYBILL_LEDGER_CHECKPOINT_MS: '50', WAYBILL_LEDGER_FLUSH_MS: '10', WAYBILL_LEDGER_WAIT_MS: '10000' },
  });
  const storage = await openMessageLog(url, config);
  const health = new LedgerHealth();
  const ledger = new PostgresLedger(storage.database, config, storage.telemetry, health);
  const open = new HandMadeReceipts();
  ledger.follow(open);
  await ledger.onApplicationBootstrap();
  const settle = async (): Promise<void> => {
    const now = Date.now();
    while ((health.state?.recordedTo ?? 0) <= now || health.state?.waiting !== 0) await delay(POLL_MS);
  };
  const end = async (): Promise<void> => {
    await ledger.close();
    await storage.close();
  };
  return { ledger, reader: new PostgresLedgerReader(storage.database, config, ledger), open, settle, end, kill: () => storage.close() };
}

describeLedger('PostgresLedger with its reader', async () => {
  const fresh = await freshDatabase();
  return { start: (node) => start(fresh.url, node), close: () => fresh.drop() };
});
