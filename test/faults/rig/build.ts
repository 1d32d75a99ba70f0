import { cpSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Program } from '../../support/program.js';
import { guardian } from './guardian.js';

const PROJECT = fileURLToPath(new URL('../../../', import.meta.url));

/** One piece of text of one built file, and what stands there instead. */
export interface Change {
  /** Below `dist`. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** What was built when the first build was asked for: copied once, because it is more than a thousand files. */
let original: string | undefined;

/** A copy of the built program, so that it can be changed, and so that a build meanwhile does not change it. */
export class Build {
  private constructor(readonly directory: string) {}

  /** Throws where a change does not find its text exactly once: then the built file is another one than the change was written for. */
  static copy(changes: readonly Change[] = []): Build {
    original ??= copyOfDist();
    const directory = guardian.makeDirectory('build');
    link(join(original, 'dist'), join(directory, 'dist'));
    cpSync(join(PROJECT, 'package.json'), join(directory, 'package.json'));
    symlinkSync(resolve(PROJECT, 'node_modules'), join(directory, 'node_modules'));
    for (const change of changes) apply(change, directory);
    return new Build(directory);
  }

  remove(): void {
    guardian.removeDirectory(this.directory);
  }
}

function copyOfDist(): string {
  Program.build();
  const directory = guardian.makeDirectory('original');
  cpSync(join(PROJECT, 'dist'), join(directory, 'dist'), { recursive: true, filter: isRun });
  return directory;
}

/** Types and source maps are for people. */
function isRun(path: string): boolean {
  return !path.endsWith('.d.ts') && !path.endsWith('.map');
}

/** The same files under another name. */
function link(from: string, to: string): void {
  for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const target = join(to, path.slice(from.length));
    mkdirSync(dirname(target), { recursive: true });
    linkSync(path, target);
  }
}

function apply({ file, find, replace }: Change, directory: string): void {
  const path = join(directory, 'dist', file);
  const parts = readFileSync(path, 'utf8').split(find);
  if (parts.length !== 2)
    throw new Error(`dist/${file} has the text to be changed ${parts.length - 1} times instead of once; write the change anew: ${find}`);
  // Another file in its place: the one that is linked is other builds' too.
  rmSync(path);
  writeFileSync(path, parts.join(replace));
}
