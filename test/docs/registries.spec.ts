import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SCHEMA } from '../../src/config/schema.js';
import { CLOSES } from '../../src/protocol/close-codes.js';
import { ERRORS } from '../../src/protocol/error-codes.js';

const ROOT = join(import.meta.dirname, '../..');
const DOCUMENTS = [...markdownIn('.'), ...markdownIn('docs'), ...markdownIn('docs/adr')];
const OPTIONS = new Set(['WAYBILL_CONFIG', ...Object.values(SCHEMA).flatMap((options) => Object.values(options).map(({ env }) => env))]);

function markdownIn(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

describe.each(DOCUMENTS)('%s', (path) => {
  const text = read(path);

  it('names only options that exist', () => {
    const named = [...text.matchAll(/\bWAYBILL_[A-Z0-9_]+\b/g)].map(([name]) => name);
    expect(named.filter((name) => !OPTIONS.has(name))).toEqual([]);
  });

  it('names only close codes that exist', () => {
    const known = Object.values(CLOSES).map(({ code }) => String(code));
    // The half of a connection's reference, such as Z0GB-4536, may look like one.
    const named = [...text.matchAll(/(?<![\w-])4[45]\d\d(?![\w-])/g)].map(([code]) => code);
    const range = ['4499', '4999', '4500'];
    expect(named.filter((code) => !known.includes(code) && !range.includes(code))).toEqual([]);
  });

  it('links only to files that exist', () => {
    const targets = [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g)].map(([, target]) => target as string);
    const missing = targets.filter((target) => {
      try {
        readFileSync(join(ROOT, path, '..', target));
        return false;
      } catch (error) {
        return (error as NodeJS.ErrnoException).code !== 'EISDIR';
      }
    });
    expect(missing).toEqual([]);
  });
});

describe('docs/errors.md', () => {
  it.each(Object.keys(ERRORS))('has %s', (code) => {
    expect(read('docs/errors.md')).toContain(`| \`${code}\` |`);
  });
});
