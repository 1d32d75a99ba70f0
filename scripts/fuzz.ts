/** `npm run test:fuzz -- --runs 20 --seed 7`: the fuzz tests, N times as many runs as `npm test` has, from a seed of its own. */
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';

const LARGEST_SEED = 2_147_483_647;
const DEFAULT_RUNS = '10';

const { values } = parseArgs({ options: { runs: { type: 'string', default: DEFAULT_RUNS }, seed: { type: 'string' } } });
const seed = values.seed ?? String(randomInt(LARGEST_SEED));
for (const [name, value] of [
  ['--runs', values.runs],
  ['--seed', seed],
] as const) {
  if (/^\d+(?:\.\d+)?$/.test(value)) continue;
  process.stderr.write(`${name}: must be a number, not "${value}"\n`);
  process.exit(2);
}
process.stdout.write(`Fuzzing with ${values.runs} times the runs of npm test, seed ${seed}.\n`);
const { status } = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', '--project', 'unit', 'test/fuzz'], {
  stdio: 'inherit',
  env: { ...process.env, FUZZ_RUNS: values.runs, FUZZ_SEED: seed },
});
process.exitCode = status ?? 1;
