/** The command of the benchmarks: `npm run bench -- p5 [--seconds N] [--repeat N] [--profile] [--dir PATH] [--set NAME=VALUE] …`. */
import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { bus } from './bus/bus.ts';
import { collector } from './collector/collector.ts';
import { consoleBenchmark } from './console/console.ts';
import { p1 } from './p1/p1.ts';
import { p2 } from './p2/p2.ts';
import { p10 } from './p10/p10.ts';
import { p3 } from './p3/p3.ts';
import { p4 } from './p4/p4.ts';
import { p5 } from './p5/p5.ts';
import { p6 } from './p6/p6.ts';
import { p7 } from './p7/p7.ts';
import { p8 } from './p8/p8.ts';
import { p9 } from './p9/p9.ts';
import { type Benchmark, type BenchmarkOptions, type Output, Stoppers } from './rig/benchmark.ts';
import { buildIfStale } from './rig/built.ts';
import { writeResults } from './rig/results-file.ts';

const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  p1,
  p2,
  p3,
  p4,
  p5,
  p6,
  p7,
  p8,
  p9,
  p10,
  bus,
  console: consoleBenchmark,
  collector,
};
const DEFAULT_SECONDS = '5';
const DEFAULT_REPEAT = '5';
const DEFAULT_MINUTES = '10';
/** Of benchmarks whose ratios are so small that five pairs do not show them. */
const MORE_REPEATS: Readonly<Record<string, string>> = { p6: '10' };
const EXIT_USAGE = 2;
const EXIT_BROKEN_OFF = 130;

const USAGE = `npm run bench -- <benchmark> [options]

Benchmarks: ${Object.keys(BENCHMARKS).join(', ')} (docs/benchmarks.md says what each measures)

  --seconds N   length of each measured window, in seconds; default ${DEFAULT_SECONDS}
  --repeat N    how often all phases are gone through; default ${DEFAULT_REPEAT}, of p6 ${MORE_REPEATS['p6']}
  --profile     show where the time goes, once, and write no results
  --dir PATH    where databases are made for the time of the run; default the system's directory for temporary files
  --set NAME=VALUE   a setting of the gateway (docs/config.md) other than its default; may be given more than once
  --connections N    connections of p4, over all nodes, and of console; default 10000
  --nodes N          gateways of p4, each with a database of its own; default 1
  --minutes N        how long the collector is in trouble while memory is watched, of collector; default ${DEFAULT_MINUTES}
  --scale N          share of p9's data that is loaded, for a quick look; default 1
`;

const stoppers = new Stoppers();
let brokenOff = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    brokenOff = true;
    void stoppers.stop().finally(() => process.exit(EXIT_BROKEN_OFF));
  });
}
try {
  await run();
} catch (error) {
  // What is stopped in the middle of its work complains; that is no news.
  if (!brokenOff) throw error;
} finally {
  await stoppers.stop();
}

async function run(): Promise<void> {
  const { name, benchmark, options } = commandLine();
  await buildIfStale();
  const kept = [`# ${name.toUpperCase()}, ${new Date().toISOString().slice(0, 16)}Z\n`, `Command: \`${commandText(name, options)}\`\n`];
  const print = (text: string): void => void process.stdout.write(`${text}\n`);
  const output: Output = { progress: print, result: (text) => (kept.push(text), print(text)) };
  await benchmark(options, output, stoppers);
  if (!options.profile) print(`\nWritten to ${writeResults(name, `${kept.join('\n')}\n`)}`);
}

function commandText(name: string, { seconds, repeat, settings, connections, nodes, minutes, scale }: BenchmarkOptions): string {
  const set = Object.entries(settings).map(([variable, value]) => ` --set ${variable}=${value}`);
  const size = `${connections === undefined ? '' : ` --connections ${connections}`}${nodes === 1 ? '' : ` --nodes ${nodes}`}${scale === 1 ? '' : ` --scale ${scale}`}${name === 'collector' ? ` --minutes ${minutes}` : ''}`;
  return `npm run bench -- ${name} --seconds ${seconds} --repeat ${repeat}${size}${set.join('')}`;
}

function commandLine(): { readonly name: string; readonly benchmark: Benchmark; readonly options: BenchmarkOptions } {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        seconds: { type: 'string', default: DEFAULT_SECONDS },
        repeat: { type: 'string' },
        profile: { type: 'boolean', default: false },
        dir: { type: 'string', default: tmpdir() },
        connections: { type: 'string' },
        nodes: { type: 'string', default: '1' },
        minutes: { type: 'string', default: DEFAULT_MINUTES },
        scale: { type: 'string', default: '1' },
        set: { type: 'string', multiple: true, default: [] },
      },
    });
    const [name = ''] = positionals;
    const benchmark = BENCHMARKS[name];
    if (benchmark === undefined || positionals.length > 1) throw new Error(`Name one benchmark: ${Object.keys(BENCHMARKS).join(', ')}.`);
    const seconds = positive('--seconds', values.seconds);
    const nodes = Math.ceil(positive('--nodes', values.nodes));
    const connections = values.connections === undefined ? undefined : Math.ceil(positive('--connections', values.connections));
    const minutes = positive('--minutes', values.minutes);
    const scale = positive('--scale', values.scale);
    const repeat = Math.ceil(positive('--repeat', values.repeat ?? MORE_REPEATS[name] ?? DEFAULT_REPEAT));
    return {
      name,
      benchmark,
      options: {
        seconds,
        repeat,
        connections,
        nodes,
        minutes,
        scale,
        profile: values.profile,
        directory: values.dir,
        settings: settingsOf(values.set),
      },
    };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(EXIT_USAGE);
  }
}

function settingsOf(pairs: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (!/^WAYBILL_[A-Z_]+=/.test(pair)) throw new Error(`--set takes WAYBILL_NAME=VALUE, and got "${pair}".`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`${option} must be a number above 0, and is "${text}".`);
  return value;
}
