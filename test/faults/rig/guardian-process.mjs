/**
 * Ends what a test started, however the test itself ends, `kill -9` included: it reads lines `process PID START` and `directory PATH`
 * on its standard input, and when that ends it kills those processes with their children and removes the directories. A pid counts only
 * with the start time it was named with, since pids are used again. Linux only: it reads /proc.
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';

const processes = new Map();
const directories = new Set();

/** @param {number} pid @returns {{ start: string, parent: number } | undefined} */
function statOf(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return { start: fields[19] ?? '', parent: Number(fields[1]) };
  } catch {
    return undefined;
  }
}

/** @param {number} pid */
function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

/** @param {number} parent */
function killTree(parent) {
  const children = readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && statOf(pid)?.parent === parent);
  kill(parent);
  for (const child of children) killTree(child);
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const [kind, subject = '', start = ''] = line.split(' ');
    if (kind === 'process') processes.set(Number(subject), start);
    if (kind === 'directory') directories.add(subject);
  })
  .on('close', () => {
    for (const [pid, start] of processes) if (statOf(pid)?.start === start) killTree(pid);
    for (const directory of directories) rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  });
// Whoever interrupts the test's process group means the test; we go when it has gone.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);
