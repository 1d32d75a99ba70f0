import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
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

/** A copy of the built program, so that it can be changed, and so that a build meanwhile does not change it. */
export class Build {
  private constructor(readonly directory: string) {}

  /** Throws where a change does not find its text exactly once: then the built file is another one than the change was written for. */
  static copy(changes: readonly Change[] = []): Build {
    Program.build();
    const directory = guardian.makeDirectory('build');
    cpSync(join(PROJECT, 'dist'), join(directory, 'dist'), { recursive: true });
    cpSync(join(PROJECT, 'package.json'), join(directory, 'package.json'));
    symlinkSync(resolve(PROJECT, 'node_modules'), join(directory, 'node_modules'));
    for (const change of changes) apply(change, directory);
    return new Build(directory);
  }

  remove(): void {
    guardian.removeDirectory(this.directory);
  }
}

function apply({ file, find, replace }: Change, directory: string): void {
  const path = join(directory, 'dist', file);
  const parts = readFileSync(path, 'utf8').split(find);
  if (parts.length !== 2)
    throw new Error(`dist/${file} has the text to be changed ${parts.length - 1} times instead of once; write the change anew: ${find}`);
  writeFileSync(path, parts.join(replace));
}
