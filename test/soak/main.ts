/** `npm run test:soak`: clients come and go for a long time, and memory is watched. `--help` says how to choose. */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { writeResults } from '../../bench/rig/results-file.js';
import type { Sample } from './gateway-watch.js';
import { MOST_GROWTH, soak, type SoakReport } from './soak.js';

const USAGE = `npm run test:soak -- [--minutes N] [--sockets N] [--seed N]

  --minutes  How long. Default: 30. Memory is judged from 5 on.
  --sockets  How many sockets come and go. Default: 60, which is 10 to 20 % of a core.
  --seed     Default: a random one. It is printed.

The result is written to bench/results/DATE-soak.md. Ends with 1 where something does not hold.
`;
const MINUTE_MS = 60_000;
const LEAST_JUDGED_MS = 5 * MINUTE_MS;

const print = (text: string): void => void process.stdout.write(text);

function number(name: string, value: string | undefined, fallback: number): number {
  const parsed = value === undefined ? fallback : Number(value);
  if (!(parsed >= 0)) throw new Error(`--${name}: must be a number from 0, not ${String(value)}`);
  return parsed;
}

function lineOf({ at, residentMb, heapMb, externalMb, descriptors, connections, subscriptions }: Sample): string {
  const cells = [
    (at / MINUTE_MS).toFixed(1),
    residentMb.toFixed(1),
    heapMb.toFixed(1),
    externalMb.toFixed(1),
    descriptors,
    connections,
    subscriptions,
  ];
  return `| ${cells.join(' | ')} |`;
}

/** Failures with what memory did, where the soak was long enough to say. */
function judged({ options, growth, failures }: SoakReport): readonly string[] {
  if (options.durationMs < LEAST_JUDGED_MS) return failures;
  const grown = (['heap', 'resident'] as const).filter((kind) => growth[kind] > MOST_GROWTH[kind]);
  return [
    ...failures,
    ...grown.map(
      (kind) => `${kind} memory rose by ${percent(growth[kind])} after it had settled, by more than ${percent(MOST_GROWTH[kind])}`,
    ),
  ];
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function documentOf(report: SoakReport): string {
  const { options, tally, samples, balance, growth, descriptors, cpuShare } = report;
  const failures = judged(report);
  const everyMinute = samples.filter(
    ({ at }, index) => Math.floor(at / MINUTE_MS) !== Math.floor((samples[index - 1]?.at ?? -1) / MINUTE_MS),
  );
  return `# Soak

\`npm run test:soak -- --minutes ${options.durationMs / MINUTE_MS} --sockets ${options.sockets} --seed ${options.seed}\`; docs/faults.md says what it does. ${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.versions.node}.

${failures.length === 0 ? 'It holds.' : failures.map((failure) => `- **${failure}**`).join('\n')}

- ${tally.lives} connections came and went; ${tally.published} messages published, ${tally.delivered} delivered, ${tally.recovered} subscriptions recovered, ${tally.holes} holes
- deliveries: matched ${balance.matched} = ${Object.entries(balance.outcomes)
    .map(([name, count]) => `${name} ${count}`)
    .join(' + ')}; ${balance.missing} unaccounted for
- growth over the last two thirds: heap ${percent(growth.heap)} (at most ${percent(MOST_GROWTH.heap)}), resident ${percent(growth.resident)} (at most ${percent(MOST_GROWTH.resident)})
- descriptors: ${descriptors.before} before, ${descriptors.after} after everybody had left; the gateway took ${percent(cpuShare)} of a core

| minute | resident (MB) | heap after a collection (MB) | external (MB) | descriptors | connections | subscriptions |
|---|---|---|---|---|---|---|
${everyMinute.map(lineOf).join('\n')}
`;
}

try {
  const { values } = parseArgs({
    options: { minutes: { type: 'string' }, sockets: { type: 'string' }, seed: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help === true) print(USAGE);
  else {
    const seed = number('seed', values.seed, Math.floor(Math.random() * 2 ** 31));
    print(`seed ${seed}\n`);
    const durationMs = number('minutes', values.minutes, 30) * MINUTE_MS;
    const report = await soak({
      durationMs,
      sockets: number('sockets', values.sockets, 60),
      seed,
      onSample: (sample) => print(`${lineOf(sample)}\n`),
    });
    const path = writeResults('soak', documentOf(report));
    const failures = judged(report);
    for (const failure of failures) print(`${failure}\n`);
    print(`${failures.length === 0 ? 'It holds' : 'DOES NOT HOLD'}; written to ${path}\n`);
    process.exitCode = failures.length === 0 ? 0 : 1;
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
}
// Readers that never read have paused sockets, which do not notice that the gateway is gone.
process.exit();
