import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Beside the compiled program, where the build packs them; and where they are written, for sources that run as they are. */
const FOLDERS = [join(import.meta.dirname, '../../runbooks'), join(import.meta.dirname, '../../../docs/runbooks')];
const SUFFIX = '.md';
const INDEX = 'README';

export interface Runbook {
  readonly name: string;
  /** The alert that it is about. */
  readonly title: string;
  readonly markdown: string;
}

let loaded: ReadonlyMap<string, Runbook> | undefined;

/** The pages of docs/runbooks by name, read once. None where the program was packed without them. */
export function runbooks(): ReadonlyMap<string, Runbook> {
  loaded ??= new Map(pages().map((runbook) => [runbook.name, runbook]));
  return loaded;
}

function pages(): readonly Runbook[] {
  for (const folder of FOLDERS) {
    const names = filesOf(folder).filter((name) => name !== INDEX);
    if (names.length > 0) return names.map((name) => read(folder, name));
  }
  return [];
}

function filesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((file) => file.endsWith(SUFFIX))
      .map((file) => file.slice(0, -SUFFIX.length))
      .toSorted();
  } catch {
    return [];
  }
}

function read(folder: string, name: string): Runbook {
  const markdown = readFileSync(join(folder, name + SUFFIX), 'utf8');
  return { name, title: /^# (.+)$/m.exec(markdown)?.[1] ?? name, markdown };
}
