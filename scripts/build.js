/**
 * Builds the client package, the server and the console into their dist folders. `--if-stale` does nothing where the last build was made
 * of exactly what stands here now. Two builds at once wait for one another.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { withLock } from './build/lock.js';
import { compressBelow } from './build/compress.js';
import { CONSOLE_OUTPUT, PROJECTS, packRunbooks, tidyOutput } from './build/project.js';
import { fingerprint, forgetBuild, isCurrent, recordBuild } from './build/stamp.js';
import { requireNode } from './node-version.js';

const COMPILER = 'node_modules/typescript/bin/tsc';
const BUNDLER = 'node_modules/vite/bin/vite.js';
const LOCK = 'node_modules/.waybill-build.lock';

requireNode(fileURLToPath(import.meta.url));
process.chdir(fileURLToPath(new URL('..', import.meta.url)));
if (!existsSync(COMPILER)) {
  process.stderr.write('The packages are not installed. Run "npm ci" first.\n');
  process.exit(1);
}
const ifStale = process.argv.includes('--if-stale');
process.exitCode = await withLock(LOCK, () => (ifStale && isCurrent() ? 0 : build()));

/** @returns {Promise<number>} exit code */
async function build() {
  const started = performance.now();
  const built = fingerprint();
  forgetBuild();
  for (const project of PROJECTS) {
    tidyOutput(project);
    const code = await run([COMPILER, '-p', project.tsconfig]);
    if (code !== 0) {
      process.stderr.write(`The build of ${project.tsconfig} failed; the compiler's messages stand above.\n`);
      return 1;
    }
  }
  if ((await run([BUNDLER, 'build', 'console', '--config', 'console/vite.config.ts', '--logLevel', 'warn'])) !== 0) {
    process.stderr.write('The build of the console failed; the messages stand above.\n');
    return 1;
  }
  compressBelow(CONSOLE_OUTPUT);
  packRunbooks();
  recordBuild(built);
  process.stdout.write(`Built in ${((performance.now() - started) / 1_000).toFixed(1)} s.\n`);
  return 0;
}

/** @param {readonly string[]} words @returns {Promise<number>} exit code */
async function run(words) {
  const child = spawn(process.execPath, words, { stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  return typeof code === 'number' ? code : 1;
}
