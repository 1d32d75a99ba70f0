import pg from 'pg';
import { Config } from '../config/config.js';
import { ConfigError } from '../config/config-error.js';
import { judgeBudget, readBudget } from '../storage/connection-budget.js';
import type { Finding } from './finding.js';

/** Whether the database of the settings here grants the connections that a node wants; undefined where no database is named. */
export async function databaseFinding(): Promise<Finding | undefined> {
  const storage = settings();
  if (storage?.databaseUrl === undefined) return undefined;
  const client = new pg.Client({
    connectionString: storage.databaseUrl,
    connectionTimeoutMillis: storage.connectTimeoutMs,
    query_timeout: storage.statementTimeoutMs,
    application_name: 'waybill doctor',
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const budget = await readBudget(client);
    const finding = judgeBudget(budget, storage.poolSize);
    if (finding !== undefined) return { check: 'database', ok: false, sentence: finding.sentence };
    return { check: 'database', ok: true, sentence: sentenceOf(budget, storage.poolSize) };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return {
      check: 'database',
      ok: false,
      sentence: `DATABASE_URL: no answer from that database: ${problem}. Start it or correct the URL.`,
    };
  } finally {
    await client.end().catch(() => undefined);
  }
}

function sentenceOf({ allowed, taken, pooled }: Awaited<ReturnType<typeof readBudget>>, poolSize: number): string {
  if (pooled) return 'It answers through a pooler, whose own limits bound the connections; docs/database.md has the sum.';
  return `It grants ${allowed} connections, of which others have ${taken}; a node here would take up to ${poolSize}.`;
}

/** Wrong settings are another check's finding. */
function settings(): Config['storage'] | undefined {
  try {
    return Config.load().storage;
  } catch (thrown) {
    if (thrown instanceof ConfigError) return undefined;
    throw thrown;
  }
}
