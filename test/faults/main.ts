/** `npm run test:faults`: the long form of the fault tests. `--help` says how to choose. */
import { parseArgs } from 'node:util';
import { checkFiles } from './checker/check-files.js';
import { FAULTS } from './faults/all.js';
import { type Fault, runFault } from './faults/fault.js';
import { Random } from './rig/random.js';
import { debianPostgres } from './rig/debian-postgres.js';
import { ResultsTable } from './results-table.js';

const RESULTS = 'bench/results';
const USAGE = `npm run test:faults -- [FAULT...] [--times N] [--seed N] [--short]
npm run test:faults -- check LOG...

  FAULT     ${FAULTS.map(({ id }) => id).join(' ')}; F7 and F29 name all of theirs. Default: all.
  --times   How often each is run. Default: F1 to F3, F8 and F16 20 times, H1 to H8 once, the others 3.
  --seed    Seed of the first run; those of further runs follow from it. Default: a random one. It is printed.
  --short   The times and amounts of the short form, which the test command runs.

Results are added to ${RESULTS}/DATE-faults.md run by run. Ends with 1 where something does not hold.
`;

const print = (text: string): void => void process.stdout.write(text);

function chosen(names: readonly string[]): readonly Fault[] {
  if (names.length === 0) return FAULTS;
  return names.flatMap((name) => {
    const found = FAULTS.filter(
      ({ id }) => id.toLowerCase() === name.toLowerCase() || id.toLowerCase().startsWith(`${name.toLowerCase()}-`),
    );
    if (found.length === 0) throw new Error(`There is no fault ${name}. Choose from: ${FAULTS.map(({ id }) => id).join(' ')}`);
    return found;
  });
}

function count(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 0) throw new Error(`--${name}: must be a whole number from 0, not ${value}`);
  return number;
}

async function runAll(
  faults: readonly Fault[],
  options: { readonly times?: number; readonly seed: number; readonly short: boolean },
): Promise<boolean> {
  if (faults.some(({ needsTools }) => needsTools)) debianPostgres();
  const table = new ResultsTable(RESULTS);
  let good = true;
  for (const fault of faults) {
    const seeds = new Random(options.seed);
    for (let time = 1; time <= (options.times ?? fault.times); time += 1) {
      const seed = time === 1 ? options.seed : seeds.below(2 ** 31);
      print(`${fault.id} ${fault.title}, run ${time}, seed ${seed} ... `);
      const began = Date.now();
      const report = await runFault(fault, options.short ? 'short' : 'long', seed);
      table.add(report);
      good &&= report.failures.length === 0;
      const figures = report.outcome.kind === 'run' ? JSON.stringify({ ...report.outcome.figures, ...report.outcome.verdict.figures }) : '';
      print(`${report.failures.length === 0 ? 'holds' : 'DOES NOT HOLD'}, ${Math.round((Date.now() - began) / 1_000)} s ${figures}\n`);
      for (const failure of report.failures) print(`  ${failure}\n`);
    }
  }
  print(`The table is in ${table.path}.\n`);
  return good;
}

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { times: { type: 'string' }, seed: { type: 'string' }, short: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  if (values.help === true) {
    print(USAGE);
    return 0;
  }
  const [first, ...rest] = positionals;
  if (first === 'check') return checkFiles(rest, print);
  const times = count('times', values.times);
  const seed = count('seed', values.seed) ?? Math.floor(Math.random() * 2 ** 31);
  const good = await runAll(chosen(positionals), { seed, short: values.short === true, ...(times === undefined ? {} : { times }) });
  return good ? 0 : 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
