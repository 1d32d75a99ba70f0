import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { RUN_MARK, endLeftovers } from './leftovers.ts';
import { runSteps } from './schedule.ts';
import type { Step, StepResult } from './step.ts';
import { testCounts } from './test-counts.ts';

const CORES = 2;
const REPORT = 'test-results/vitest.json';
const CACHE = 'node_modules/.cache/waybill';
const TSC = 'node_modules/typescript/bin/tsc';

/** What the tests need, and what is quickly told; two at a time. */
const FIRST: readonly Step[] = [
  { name: 'build', command: ['scripts/build.js', '--if-stale'] },
  { name: 'test tools', command: ['scripts/test-tools.ts'], output: 'always' },
  { name: 'boundaries', command: ['scripts/check-boundaries.ts'] },
  { name: 'generated documents', command: ['dist/docs/generate.js', '--check'], after: ['build'] },
];

/** Checks of the text, one after the other. They take what the tests leave of the processor, which is a good part of it. */
const MEANWHILE: readonly Step[] = [
  { name: 'formatting', command: ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'], priority: 'low' },
  {
    name: 'types',
    command: [TSC, '-p', 'tsconfig.json', '--incremental', '--tsBuildInfoFile', `${CACHE}/types.tsbuildinfo`],
    priority: 'low',
  },
  { name: 'types of the client', command: [TSC, '-p', 'client/tsconfig.spec.json'], priority: 'low' },
  { name: 'types of the console', command: [TSC, '-p', 'console/tsconfig.json'], priority: 'low' },
  { name: 'lint', command: ['node_modules/oxlint/bin/oxlint', '--type-aware', '--disable-nested-config'], priority: 'low' },
];

const TESTS: readonly Step[] = [
  {
    name: 'tests',
    command: ['node_modules/vitest/vitest.mjs', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${REPORT}`],
    output: 'live',
  },
];

const print = (text: string): void => void process.stdout.write(text);
const mark = randomUUID();
// Programs are started again and again; compiling what they are made of is a third of each start.
const env = { ...process.env, [RUN_MARK]: mark, NODE_COMPILE_CACHE: resolve(CACHE, 'compiled') };
mkdirSync(CACHE, { recursive: true });
rmSync(REPORT, { force: true });

const first = await runSteps(FIRST, CORES, env, print);
const built = first.some(({ name, state }) => name === 'build' && state === 'passed');
const notRun = ({ name }: Step): StepResult => ({ name, state: 'not run' });
const rest = built
  ? await Promise.all([runSteps(TESTS, 1, env, print), runSteps(MEANWHILE, 1, env, print)])
  : [[...TESTS, ...MEANWHILE].map(notRun)];
const failed: string[] = [...first, ...rest.flat()]
  .filter(({ state }) => state !== 'passed')
  .map(({ name, state }) => (state === 'failed' ? name : `${name} (${state})`));

const leftovers = await endLeftovers(mark);
for (const { pid, command } of leftovers) print(`Left running by the tests, ended now: ${pid} ${command}\n`);
if (leftovers.length > 0) failed.push('nothing left running');

const counts = testCounts(REPORT);
if (counts.skipped > 0) print(`${counts.skipped} tests were skipped.\n`);
print(failed.length === 0 ? 'Everything holds.\n' : `Failed: ${failed.join(', ')}.\n`);
print(`${counts.passed} passed, ${counts.failed} failed\n`);
process.exitCode = failed.length === 0 && counts.failed === 0 && counts.passed > 0 ? 0 : 1;
