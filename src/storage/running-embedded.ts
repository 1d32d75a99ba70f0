import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { findPostmaster } from './postmaster.js';

/** URL of the embedded database that a gateway runs in a data directory; undefined where none runs there. */
export function runningEmbeddedUrl(dataDir: string): string | undefined {
  let root: string;
  let password: string;
  try {
    root = realpathSync(dataDir);
    password = readFileSync(join(root, 'postgres-password'), 'utf8').trim();
  } catch {
    return undefined;
  }
  const server = findPostmaster(join(root, 'postgres'));
  return server === undefined ? undefined : `postgres://waybill:${password}@127.0.0.1:${server.port}/waybill`;
}
