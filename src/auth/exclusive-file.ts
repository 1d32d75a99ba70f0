import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, openSync, rmSync, writeSync } from 'node:fs';

/**
 * Puts a whole file in place, or leaves the one that somebody else put there first; true where it is ours. Throws errors of the file system.
 * A link never replaces a file, so of several that race one wins, and nobody reads a half-written file, not even after a crash.
 */
export function createExclusive(path: string, content: string, mode: number): boolean {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  const file = openSync(draft, 'wx', mode);
  try {
    writeSync(file, content);
    fsyncSync(file);
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    closeSync(file);
    rmSync(draft, { force: true });
  }
}
