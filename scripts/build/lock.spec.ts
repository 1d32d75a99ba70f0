import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withLock } from './lock.js';

let directory: string;
let lock: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'waybill-lock-'));
  lock = join(directory, 'lock');
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('withLock', () => {
  it('lets work go, and the lock with it, also where the work fails', async () => {
    expect(await withLock(lock, () => readFileSync(lock, 'utf8'))).toBe(String(process.pid));
    await expect(withLock(lock, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(existsSync(lock)).toBe(false);
  });

  it('takes over from a holder that is gone', async () => {
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    writeFileSync(lock, String(pid));
    expect(await withLock(lock, () => 'done')).toBe('done');
  });

  it('keeps processes apart', async () => {
    const journal = join(directory, 'journal');
    writeFileSync(journal, '');
    const module = pathToFileURL(join(import.meta.dirname, 'lock.js')).href;
    const program = `
      const { withLock } = await import(${JSON.stringify(module)});
      const { appendFileSync } = await import('node:fs');
      await withLock(${JSON.stringify(lock)}, async () => {
        appendFileSync(${JSON.stringify(journal)}, 'in ');
        await new Promise((resolve) => setTimeout(resolve, 50));
        appendFileSync(${JSON.stringify(journal)}, 'out ');
      });`;
    const children = Array.from({ length: 4 }, () => spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'inherit' }));
    await Promise.all(children.map((child) => once(child, 'exit')));
    expect(readFileSync(journal, 'utf8')).toBe('in out '.repeat(4));
  });
});
