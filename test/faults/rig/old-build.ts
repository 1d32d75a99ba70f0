import { execFileSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { guardian } from './guardian.js';

const PROJECT = fileURLToPath(new URL('../../../', import.meta.url));
/** The first state of the program whose nodes join by Redis; the last release takes its place as soon as there is one. */
const FIRST_WITH_NODES = '2da7a0a';

/** Which state of the program is the older one: the last tag, or the first that can be one of several nodes. */
export function olderRevision(): string {
  const tags = git(['tag', '--list', 'v*', '--sort=-v:refname', '--merged', 'HEAD']).split('\n');
  return tags.find((tag) => tag !== '') ?? FIRST_WITH_NODES;
}

/**
 * Builds an older state of the program from the repository's history, with the packages of today. Undefined where the history is not
 * there, as in a shallow clone.
 */
export function buildOf(revision: string): { readonly directory: string; remove(): void } | undefined {
  const directory = guardian.makeDirectory('older');
  try {
    const archive = execFileSync('git', ['archive', '--format=tar', revision], { cwd: PROJECT, maxBuffer: 2 ** 30 });
    execFileSync('tar', ['-x', '-C', directory], { input: archive });
  } catch {
    guardian.removeDirectory(directory);
    return undefined;
  }
  symlinkSync(resolve(PROJECT, 'node_modules'), join(directory, 'node_modules'));
  writeFileSync(
    join(directory, 'tsconfig.older.json'),
    JSON.stringify({ extends: './tsconfig.build.json', compilerOptions: { incremental: false, noCheck: true } }),
  );
  execFileSync(process.execPath, [join('node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.older.json'], {
    cwd: directory,
    stdio: 'pipe',
  });
  return { directory, remove: () => guardian.removeDirectory(directory) };
}

function git(words: readonly string[]): string {
  try {
    return execFileSync('git', [...words], { cwd: PROJECT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return '';
  }
}
