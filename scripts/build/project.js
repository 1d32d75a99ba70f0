import { cpSync, existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/**
 * One compilation: where its sources stand, where its output goes, and which outputs each source has.
 *
 * @typedef {object} Project
 * @property {string} tsconfig
 * @property {string} source
 * @property {string} output
 * @property {string} [leftOut] folder of sources that only tests use
 * @property {readonly string[]} extensions of the output of one source file
 */

/** In the order they are built: the server's command line uses the client's types. @type {readonly Project[]} */
export const PROJECTS = [
  {
    tsconfig: 'client/tsconfig.json',
    source: 'client/src',
    output: 'client/dist',
    leftOut: 'client/src/spec-support',
    extensions: ['.js', '.js.map', '.d.ts'],
  },
  { tsconfig: 'tsconfig.build.json', source: 'src', output: 'dist', extensions: ['.js', '.js.map'] },
];

/** Where the bundler puts the console; it empties the folder itself, and names its files after their contents. */
export const CONSOLE_OUTPUT = 'console/dist';
/** The file that leads to all others. */
export const CONSOLE_PAGE = 'console/dist/index.html';

/** What the console is made of. */
export function consoleSources() {
  return [...filesBelow('console/src'), ...filesBelow('console/public')];
}

/** Beside the sources, what a build depends on. */
export const BUILD_FILES = [
  'console/index.html',
  'console/package.json',
  'console/tsconfig.json',
  'console/vite.config.ts',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'client/package.json',
  'client/tsconfig.json',
];

/** Pages that the program shows, packed beside it: from where, and to where. */
export const RUNBOOKS = { source: 'docs/runbooks', output: 'dist/runbooks' };

/** @returns {readonly string[]} */
export function runbooks() {
  return filesBelow(RUNBOOKS.source).filter((path) => path.endsWith('.md'));
}

/** Copies the runbooks, and removes those that are no longer there. */
export function packRunbooks() {
  rmSync(RUNBOOKS.output, { recursive: true, force: true });
  cpSync(RUNBOOKS.source, RUNBOOKS.output, { recursive: true });
}

/** @param {Project} project @returns {readonly string[]} sources that are compiled, tests left out */
export function sourcesOf(project) {
  const isLeftOut = (/** @type {string} */ path) => project.leftOut !== undefined && path.startsWith(`${project.leftOut}/`);
  return filesBelow(project.source).filter((path) => path.endsWith('.ts') && !path.endsWith('.spec.ts') && !isLeftOut(path));
}

/** @param {Project} project @returns {readonly string[]} */
export function outputsOf(project) {
  return sourcesOf(project).flatMap((source) => outputsOfSource(project, source));
}

/** @param {Project} project @param {string} source @returns {readonly string[]} */
function outputsOfSource(project, source) {
  const stem = join(project.output, source.slice(project.source.length + 1, -'.ts'.length));
  return project.extensions.map((extension) => stem + extension);
}

/**
 * Removes the output of sources that were deleted or renamed: a compiler only ever adds. Where an output is missing that the
 * compiler remembers to have written, its memory goes too, or it would not write it again.
 *
 * @param {Project} project
 */
export function tidyOutput(project) {
  const stems = new Set(outputsOf(project).map(stemOf));
  const present = filesBelow(project.output);
  for (const path of present) {
    const compiled = /\.(?:js|d\.ts)(?:\.map)?$/.test(path);
    if (compiled && !stems.has(stemOf(path))) rmSync(path);
  }
  const missing = sourcesOf(project).filter((source) => !outputsOfSource(project, source).every((path) => existsSync(path)));
  for (const memory of present.filter((path) => path.endsWith('.tsbuildinfo'))) {
    const text = readFileSync(memory, 'utf8');
    if (missing.some((source) => text.includes(JSON.stringify(relative(dirname(memory), source))))) rmSync(memory);
  }
}

/** @param {string} path */
function stemOf(path) {
  return path.replace(/\.(?:js|d\.ts)(?:\.map)?$/, '');
}

/** @param {string} directory @returns {readonly string[]} every file below it, in a stable order */
export function filesBelow(directory) {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.includes('node_modules'))
    .sort();
}
