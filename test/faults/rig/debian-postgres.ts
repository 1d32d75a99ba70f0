import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { PostgresBinaries } from '../../../src/storage/postgres-binaries.js';

const ROOT = '/usr/lib/postgresql';

/** Debian's PostgreSQL, which has the tools that the embedded one lacks. */
export interface DebianPostgres extends PostgresBinaries {
  readonly baseBackup: string;
  readonly dump: string;
  readonly restore: string;
}

/** The newest one that is installed. Throws a sentence that says how to get one. */
export function debianPostgres(): DebianPostgres {
  const versions = existsSync(ROOT) ? readdirSync(ROOT).sort((left, right) => Number(right) - Number(left)) : [];
  for (const version of versions) {
    const at = (program: string): string => join(ROOT, version, 'bin', program);
    const found = {
      postgres: at('postgres'),
      initdb: at('initdb'),
      baseBackup: at('pg_basebackup'),
      dump: at('pg_dump'),
      restore: at('pg_restore'),
    };
    if (Object.values(found).every((path) => existsSync(path))) return found;
  }
  throw new Error(`Debian's PostgreSQL is not installed; get it with: apt-get install -y --no-install-recommends postgresql`);
}
