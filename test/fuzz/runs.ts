import type { Parameters } from 'fast-check';

/** Of `npm test`, so that a failure there is the same failure everywhere. */
const FIXED_SEED = 20_260_401;

const LONGEST_MS = 40_000;

/**
 * How often a property is tried, and from which seed. `npm run test:fuzz -- --runs N --seed S` sets both: N times as many runs as given
 * here. A failure prints the seed and the path that repeat it.
 */
export function fuzzRuns<Values>(runs: number): Parameters<Values> {
  const factor = numberOf('FUZZ_RUNS') ?? 1;
  return {
    numRuns: Math.ceil(runs * factor),
    seed: numberOf('FUZZ_SEED') ?? FIXED_SEED,
    // Before the test's own time is up, so that a failure is reported with what was found of it.
    interruptAfterTimeLimit: LONGEST_MS * Math.max(1, factor),
    markInterruptAsFailure: true,
  };
}

/** Time of a test that runs one property, in milliseconds. */
export function fuzzTimeout(): number {
  return LONGEST_MS * 1.5 * Math.max(1, numberOf('FUZZ_RUNS') ?? 1);
}

function numberOf(name: string): number | undefined {
  const text = process.env[name];
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  if (!Number.isFinite(value)) throw new Error(`${name}: must be a number, not "${text}"`);
  return value;
}
