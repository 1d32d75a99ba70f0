import { chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DebianPostgres } from './debian-postgres.js';
import { guardian } from './guardian.js';
import type { PostgresProcess } from './postgres-process.js';
import type { Workshop } from './workshop.js';

const SYNCHRONOUS_MS = 30_000;

/** Settings of a server that others copy. */
export const PRIMARY_SETTINGS = ['wal_level=replica', 'max_wal_senders=5', 'wal_keep_size=256MB', 'hot_standby=on'];

/** A copy of a running server's data, as `pg_basebackup` makes it; with `standby` it is one that follows. Answers its directory. */
export async function baseBackup(
  workshop: Workshop,
  server: PostgresProcess,
  tools: DebianPostgres,
  from: { readonly port: number; readonly standby: boolean },
): Promise<string> {
  const parent = guardian.makeDirectory('backup');
  workshop.onEnd(() => guardian.removeDirectory(parent));
  const directory = join(parent, 'data');
  mkdirSync(directory, { mode: 0o700 });
  for (const path of server.account.ids === undefined ? [] : [parent, directory])
    chownSync(path, server.account.ids?.uid ?? 0, server.account.ids?.gid ?? 0);
  const options = ['--checkpoint=fast', '--wal-method=stream', '--no-sync', ...(from.standby ? ['--write-recovery-conf'] : [])];
  await server.run(tools.baseBackup, [
    '--host=127.0.0.1',
    `--port=${from.port}`,
    `--username=${server.user}`,
    `--pgdata=${directory}`,
    ...options,
  ]);
  return directory;
}

/** A server that follows another one, over whatever stands at `port`. */
export async function standbyOf(
  workshop: Workshop,
  primary: PostgresProcess,
  tools: DebianPostgres,
  port: number,
): Promise<PostgresProcess> {
  const directory = await baseBackup(workshop, primary, tools, { port, standby: true });
  return workshop.postgres({ binaries: tools, directory, settings: PRIMARY_SETTINGS });
}

/** From here on a commit waits for the standby too. */
export async function waitForStandby(primary: PostgresProcess): Promise<void> {
  await primary.query(`alter system set synchronous_standby_names = '*'`);
  await primary.query('select pg_reload_conf()');
  const deadline = Date.now() + SYNCHRONOUS_MS;
  for (;;) {
    const [row] = await primary.query<{ sync_state: string }>('select sync_state from pg_stat_replication');
    if (row?.sync_state === 'sync') return;
    if (Date.now() > deadline) throw new Error(`the standby is not synchronous but ${row?.sync_state ?? 'away'}`);
  }
}
