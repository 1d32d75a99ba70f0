import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 100;

/**
 * Runs work while no other process holds the lock. A lock whose holder is gone is taken over.
 *
 * @template T
 * @param {string} path file that is the lock; it holds the pid of its holder
 * @param {() => Promise<T> | T} work
 * @returns {Promise<T>}
 */
export async function withLock(path, work) {
  while (!acquired(path)) await delay(POLL_MS);
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

/** @param {string} path */
function acquired(path) {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    removeIfAbandoned(path);
    return false;
  }
}

/** @param {string} path */
function removeIfAbandoned(path) {
  const holder = holderOf(path);
  if (holder === undefined || isAlive(holder)) return;
  // Moved aside before it is removed: of several that wait only one gets it, and a lock made anew meanwhile is put back.
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  const moved = holderOf(aside);
  if (moved !== undefined && moved !== holder && isAlive(moved)) renameSync(aside, path);
  else rmSync(aside, { force: true });
}

/**
 * @param {string} path
 * @returns {number | undefined} undefined where the lock is gone or its holder has not yet written its pid
 */
function holderOf(path) {
  try {
    const pid = Number(readFileSync(path, 'utf8'));
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}
