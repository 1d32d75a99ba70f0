import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { BUILD_FILES, CONSOLE_PAGE, PROJECTS, RUNBOOKS, consoleSources, outputsOf, runbooks, sourcesOf } from './project.js';

const STAMP = 'dist/.build-stamp';

/**
 * What the next build would be made of: names and contents of all sources and settings, and the Node that runs it. Contents,
 * not times: a checkout changes times without changing anything, and a clock that is off hides changes.
 */
export function fingerprint() {
  const hash = createHash('sha256').update(process.versions.node);
  for (const path of [...BUILD_FILES, ...PROJECTS.flatMap(sourcesOf), ...runbooks(), ...consoleSources()]) {
    hash.update(`\0${path}\0`).update(existsSync(path) ? readFileSync(path) : 'absent');
  }
  return hash.digest('hex');
}

/** Whether the last build was made of what stands here now, and all of its output is still there. */
export function isCurrent() {
  if (!existsSync(STAMP) || readFileSync(STAMP, 'utf8') !== fingerprint()) return false;
  if (!existsSync(RUNBOOKS.output) || !existsSync(CONSOLE_PAGE)) return false;
  return PROJECTS.every((project) => outputsOf(project).every((path) => existsSync(path)));
}

/** @param {string} built fingerprint taken before the build began: what changed during it is stale again */
export function recordBuild(built) {
  mkdirSync(dirname(STAMP), { recursive: true });
  writeFileSync(STAMP, built);
}

export function forgetBuild() {
  rmSync(STAMP, { force: true });
}
