import { Config } from '../../src/config/config.js';
import { LedgerHealth } from '../../src/storage/ledger/ledger-health.js';
import { PostgresLedger } from '../../src/storage/ledger/postgres-ledger.js';
import { type OpenLog, openMessageLog } from '../conformance/open-message-log.js';
import { ScriptedOpenReceipts } from './open-receipts.js';

export interface LedgerNode {
  readonly ledger: PostgresLedger;
  readonly open: ScriptedOpenReceipts;
  readonly storage: OpenLog;
  readonly health: LedgerHealth;
  /** Rows of a query, with names. */
  rows(text: string, values?: readonly unknown[]): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Ends in order. */
  close(): Promise<void>;
  /** Ends as a process that is killed: nothing more is recorded. */
  kill(): Promise<void>;
}

/** The ledger of one node on a database. Checkpoints are far apart unless the test says otherwise. */
export async function ledgerNode(url: string, environment: Readonly<Record<string, string>> = {}): Promise<LedgerNode> {
  const config = Config.from({
    WAYBILL_LEDGER_CHECKPOINT_MS: '50',
    WAYBILL_LEDGER_FLUSH_MS: '10',
    WAYBILL_DB_PROBE_MS: '50',
    WAYBILL_DATA_DIR: `/home-of-${environment['WAYBILL_NODE_ID'] ?? 'the-only-one'}`,
    ...environment,
  });
  const storage = await openMessageLog(url, config);
  const health = new LedgerHealth();
  const ledger = new PostgresLedger(storage.database, config, storage.telemetry, health);
  const open = new ScriptedOpenReceipts();
  ledger.follow(open);
  await ledger.onApplicationBootstrap();
  return {
    ledger,
    open,
    storage,
    health,
    rows: (text, values = []) => storage.dataSource.query<Record<string, unknown>[]>(text, [...values]),
    close: async () => {
      await ledger.close();
      await storage.close();
    },
    kill: () => storage.close(),
  };
}
