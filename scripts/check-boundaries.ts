/** Enforces the import table, the absence of cycles, who may read the environment, and how long a file may be. */
import { readFileSync } from 'node:fs';
import { cyclesOf } from './boundaries/cycles.ts';
import { type Import, importsOf } from './boundaries/imports.ts';
import { PACKAGE_RULES, mayImport, nameOf } from './boundaries/rules.ts';
import { filesBelow } from './build/project.js';

const LONGEST_SOURCE = 400;
const LONGEST_TEST = 800;
const BAG = /(?:^|\/)(?:utils?|helpers?|common|misc)(?:\.ts|\/)/;
const MARKS = /\b(?:TODO|FIXME|XXX)\b|@ts-(?:ignore|nocheck)/;

/** Beside the settings: the embedded server is handed PATH, and nothing else, of this process's environment. */
const ENVIRONMENT_READERS = /^src\/(?:config\/|storage\/cluster\.ts$)/;

interface Source {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

const problems: string[] = [];
const sources: readonly Source[] = ['src', 'client/src', 'console/src', 'test', 'scripts', 'bench', 'examples']
  .flatMap((folder) => filesBelow(folder))
  .filter((path) => /\.(?:ts|tsx|js)$/.test(path) && !/\/(?:dist|generated)\//.test(path))
  .map((path) => {
    const text = readFileSync(path, 'utf8');
    return { path, text, imports: importsOf(path, text) };
  });

for (const source of sources) {
  checkLength(source);
  checkName(source);
  checkMarks(source);
  if (isProduct(source.path)) {
    checkEnvironment(source);
    for (const imported of source.imports) checkImport(source.path, imported);
  }
}
checkCycles();

for (const problem of problems) process.stderr.write(`${problem}\n`);
process.stdout.write(`${sources.length} files checked, ${problems.length} problems with their boundaries.\n`);
process.exitCode = problems.length === 0 ? 0 : 1;

/** What is shipped; tests may reach across parts. */
function isProduct(path: string): boolean {
  return (path.startsWith('src/') || path.startsWith('client/src/')) && !path.endsWith('.spec.ts');
}

function checkLength({ path, text }: Source): void {
  const lines = text.split('\n').length - 1;
  const most = path.startsWith('test/') || path.endsWith('.spec.ts') ? LONGEST_TEST : LONGEST_SOURCE;
  if (lines > most) problems.push(`${path}: ${lines} lines, ${most} at most. Split it where it holds two ideas.`);
}

function checkName({ path }: Source): void {
  if (BAG.test(path)) problems.push(`${path}: a bag for whatever has no place. Name the file after what it is.`);
}

function checkMarks({ path, text }: Source): void {
  if (path.startsWith('scripts/check-boundaries')) return;
  const line = text.split('\n').findIndex((content) => MARKS.test(content));
  if (line !== -1) problems.push(`${path}:${line + 1}: a mark of unfinished work, or a switched-off check. Finish it.`);
}

function checkEnvironment({ path, text }: Source): void {
  if (ENVIRONMENT_READERS.test(path)) return;
  const line = text.split('\n').findIndex((content) => /\bprocess\s*\.\s*env\b/.test(content));
  if (line !== -1) problems.push(`${path}:${line + 1}: reads process.env. Only src/config does; add an option there.`);
}

function checkImport(path: string, { specifier, file, line }: Import): void {
  const rule = PACKAGE_RULES.find(({ packages, allowed }) => packages.test(specifier) && !allowed.test(path));
  if (rule !== undefined) problems.push(`${path}:${line}: imports ${specifier}; ${rule.reason}.`);
  if (file === undefined) return;
  if (path.startsWith('client/')) {
    if (!file.startsWith('client/src/'))
      problems.push(`${path}:${line}: imports ${file}; the client imports nothing from outside its own folder.`);
    return;
  }
  if (!file.startsWith('src/')) {
    problems.push(`${path}:${line}: imports ${file}, which stands outside src.`);
    return;
  }
  const allowed = mayImport(nameOf(path), nameOf(file));
  if (allowed === undefined)
    problems.push(`${path}: no rule says what it may import. Add its part to scripts/boundaries/rules.ts and ARCHITECTURE.md.`);
  else if (!allowed) problems.push(`${path}:${line}: may not import ${file} (scripts/boundaries/rules.ts has the table).`);
}

/**
 * Files that load one another in a ring. Imports of types alone load nothing and are left out: inside a part a class and the
 * context it hands to others may name each other, and between parts the table allows no ring at all.
 */
function checkCycles(): void {
  const graph = new Map(
    sources
      .filter(({ path }) => isProduct(path))
      .map(({ path, imports }) => [path, imports.flatMap(({ file, typeOnly }) => (file === undefined || typeOnly ? [] : [file]))]),
  );
  for (const cycle of cyclesOf(graph)) problems.push(`Cycle: ${cycle.join(' <-> ')}. Move what they share into a file of its own.`);
}
