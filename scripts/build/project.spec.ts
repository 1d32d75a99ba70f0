import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Project, outputsOf, sourcesOf, tidyOutput } from './project.js';

let root: string;
let project: Project;

function write(...paths: readonly string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), '');
  }
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'waybill-project-'));
  const source = join(root, 'src');
  project = {
    tsconfig: 'tsconfig.json',
    source,
    output: join(root, 'dist'),
    leftOut: join(source, 'testing'),
    extensions: ['.js', '.js.map'],
  };
  write('src/a.ts', 'src/deep/b.ts', 'src/a.spec.ts', 'src/testing/c.ts', 'src/notes.md');
});
afterEach(() => rmSync(root, { recursive: true }));

describe('a project', () => {
  it('is made of its sources, tests left out', () => {
    expect(sourcesOf(project)).toEqual([join(root, 'src/a.ts'), join(root, 'src/deep/b.ts')]);
    expect(outputsOf(project)).toEqual(['a.js', 'a.js.map', 'deep/b.js', 'deep/b.js.map'].map((path) => join(root, 'dist', path)));
  });

  it('loses the output of a source that is gone, and nothing else', () => {
    write(
      'dist/a.js',
      'dist/a.js.map',
      'dist/deep/b.js',
      'dist/deep/b.js.map',
      'dist/old.js',
      'dist/old.js.map',
      'dist/deep/a.d.ts',
      'dist/page.html',
      'dist/.tsbuildinfo',
    );
    tidyOutput(project);
    expect(['a.js', 'deep/b.js', 'page.html', '.tsbuildinfo'].every((path) => existsSync(join(root, 'dist', path)))).toBe(true);
    expect(['old.js', 'old.js.map', 'deep/a.d.ts'].some((path) => existsSync(join(root, 'dist', path)))).toBe(false);
  });

  it.each([
    [
      'forgets what the compiler remembers to have written where that is missing',
      '{"fileNames":["../src/a.ts","../src/deep/b.ts"]}',
      false,
    ],
    ['keeps the compiler’s memory where only a new source has no output yet', '{"fileNames":["../src/a.ts"]}', true],
  ])('%s', (_name, memory, kept) => {
    write('dist/a.js', 'dist/a.js.map');
    writeFileSync(join(root, 'dist/.tsbuildinfo'), memory);
    tidyOutput(project);
    expect(existsSync(join(root, 'dist/.tsbuildinfo'))).toBe(kept);
  });
});
