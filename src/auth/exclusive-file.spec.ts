import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createExclusive } from './exclusive-file.js';

const PROGRAM = new URL('exclusive-file.ts', import.meta.url).href;
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'waybill-exclusive-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('a file that is created once', () => {
  it('stays as the first one wrote it', () => {
    const path = join(directory, 'secret');
    expect(createExclusive(path, 'first', 0o600)).toBe(true);
    expect(createExclusive(path, 'second', 0o600)).toBe(false);
    expect(readFileSync(path, 'utf8')).toBe('first');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory)).toEqual(['secret']);
  });

  it('is made by exactly one of several processes, and is whole', async () => {
    const path = join(directory, 'secret');
    // All wait for one moment on the clock, so that they really meet.
    const meet = Date.now() + 1_500;
    const script = `const { createExclusive } = await import(${JSON.stringify(PROGRAM)});
      while (Date.now() < ${meet});
      console.log(createExclusive(${JSON.stringify(path)}, process.argv[1].repeat(100_000), 0o600));`;
    const outcomes = await Promise.all(
      ['a', 'b', 'c', 'd'].map(async (letter) => {
        const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script, letter]);
        return { letter, won: stdout.trim() === 'true' };
      }),
    );
    const winners = outcomes.filter(({ won }) => won);
    expect(winners).toHaveLength(1);
    expect(readFileSync(path, 'utf8')).toBe(winners[0]?.letter.repeat(100_000));
    expect(readdirSync(directory)).toEqual(['secret']);
  });
});
