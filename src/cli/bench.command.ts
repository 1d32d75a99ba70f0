import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { risingNumbers, wholeNumber } from './arguments.js';
import type { BenchPlan, ScenarioName } from './bench/plan.js';
import { reportLines } from './bench/report.js';
import { runBench } from './bench/run-bench.js';
import { CONNECTIONS_PER_PROCESS, requireDescriptors } from './bench/target.js';
import type { CommandContext } from './command-context.js';
import { defaultOpsUrl } from './default-url.js';
import { FailedBench, UsageError } from './exit-codes.js';
import { openFilesLimit } from './open-files.js';

/** Options as commander hands them over; those that a scenario does not take are absent. */
interface BenchOptions {
  readonly connections: number;
  readonly stages?: readonly number[];
  readonly duration: number;
  readonly opening: number;
  readonly rate?: number;
  readonly rest?: number;
  readonly topic?: string;
  readonly subscribe?: boolean;
  readonly bytes?: number;
  readonly topics?: number;
  readonly inFlight?: number;
  readonly jitter?: number;
  readonly slow?: number;
  readonly drip?: boolean;
  readonly processes?: number;
  readonly opsUrl: string;
}

const DEFAULT_BYTES = 128;

export function addBenchCommand(program: Command, context: CommandContext): void {
  const bench = program
    .command('bench')
    .description('Put load on a gateway and report what it and its clients saw')
    .addHelpText(
      'after',
      `
The load is cheap sockets of this machine, each a user of its own with a token minted in advance by the API key; towards loopback
they come from 127.0.0.1, 127.0.0.2 and so on, which have ports of their own. One line a second tells how it goes; Ctrl-C ends it
early, with the report of what was measured. It exits with 1 where something was lost or unexpected. What the node itself spends
(CPU, memory, garbage collection, event loop) is read from the metrics of its operators' port. The topics stay: delete them with
DELETE /api/v1/topics/<topic>. How many connections a machine takes, and how to prepare it: docs/ten-thousand-connections.md.

Examples:
  waybill bench connect --stages 1000,5000,10000
  waybill bench fanout --connections 1000 --rate 20
  waybill bench publish --connections 16 --in-flight 16
  waybill bench storm --connections 5000
  waybill bench slow --connections 500 --slow 5`,
    );
  addScenario(bench, context, 'connect', 'Open connections in stages and hold them', { connections: 1_000, duration: 5 })
    .option('--rate <number>', 'connections begun in a second; default: as fast as --opening allows', wholeNumber)
    .option('--subscribe', 'each subscribes to the topic before it counts as open');
  addScenario(bench, context, 'fanout', 'Publish to one topic that all connections are subscribed to; every message must reach each', {
    connections: 100,
    duration: 10,
  })
    .option('--rate <number>', 'publishes in a second; default 10', wholeNumber)
    .option('--bytes <number>', 'size of a payload', wholeNumber, DEFAULT_BYTES);
  addScenario(bench, context, 'publish', 'Publish durable messages and time their acknowledgements; each must stand in the log', {
    connections: 8,
    duration: 10,
  })
    .option('--rate <number>', 'publishes in a second; default: as fast as --in-flight allows', wholeNumber)
    .option('--in-flight <number>', 'most publishes of one connection under way at once', wholeNumber, 8)
    .option('--topics <number>', 'topics they are spread over', wholeNumber, 8)
    .option('--bytes <number>', 'size of a payload', wholeNumber, DEFAULT_BYTES);
  addScenario(bench, context, 'storm', 'Cut all connections at once and let them come back', { connections: 1_000, duration: 5 })
    .option('--jitter <seconds>', 'each comes back after a random part of it; a refused one after one of twice as much', wholeNumber, 5)
    .option('--subscribe', 'each subscribes to the topic before it counts as back');
  addScenario(bench, context, 'slow', 'Add subscribers that do not read: they must be ended, and the others not notice', {
    connections: 100,
    duration: 30,
  })
    .option('--slow <number>', 'how many do not read', wholeNumber, 5)
    .option('--drip', 'they read one byte a second instead of nothing')
    .option('--rate <number>', 'publishes in a second; default 50', wholeNumber)
    .option('--bytes <number>', 'size of a payload', wholeNumber, 16_384);
}

function addScenario(
  bench: Command,
  context: CommandContext,
  name: ScenarioName,
  description: string,
  defaults: { readonly connections: number; readonly duration: number },
): Command {
  const staged = name === 'connect' || name === 'fanout' || name === 'publish';
  const command = bench
    .command(name)
    .description(description)
    .option('-n, --connections <number>', 'how many connections', wholeNumber, defaults.connections)
    .option('--duration <seconds>', 'how long each part is measured', wholeNumber, defaults.duration)
    .option('--opening <number>', 'most handshakes under way at once', wholeNumber, 128)
    .option('--rest <number>', 'REST requests in a second beside the sockets, publishes and reads by turns', wholeNumber)
    .option('--topic <name>', 'topic to use, and to name users after; default: one made up for this run')
    .option('--ops-url <address>', "the operators' port of the node; the default follows WAYBILL_OPS_PORT", defaultOpsUrl())
    .option('--processes <number>', `processes of the load; default: one for each ${CONNECTIONS_PER_PROCESS} connections`, wholeNumber)
    .action(async (options: BenchOptions) => runScenario(context, name, options));
  if (staged)
    command.option('--stages <numbers>', 'rising numbers of connections, each measured by itself: 1000,5000,10000', risingNumbers);
  return command;
}

async function runScenario(context: CommandContext, name: ScenarioName, options: BenchOptions): Promise<void> {
  const plan = planOf(options);
  requireDescriptors(plan.connections + (options.slow ?? 0), plan.processes, openFilesLimit()?.soft);
  const report = await runBench(name, plan, { gateway: context.gateway(), terminal: context.terminal, interrupted: context.interrupted });
  if (context.wantsJson()) context.terminal.json(report);
  else for (const line of reportLines(report)) context.terminal.result(line);
  const { problems } = report;
  if (problems.length > 0)
    throw new FailedBench(
      problems.length === 1 ? 'One thing was not as it should be' : `${problems.length} things were not as they should be`,
    );
}

function planOf({ stages, rate, rest, jitter, ...options }: BenchOptions): BenchPlan {
  const connections = stages?.at(-1) ?? options.connections;
  if (!URL.canParse(options.opsUrl)) throw new UsageError(`--ops-url "${options.opsUrl}" is not an address such as http://127.0.0.1:9464`);
  return {
    connections,
    stages: stages ?? [connections],
    duration: options.duration,
    opening: options.opening,
    ...(rate === undefined ? {} : { rate }),
    ...(rest === undefined ? {} : { rest }),
    topic: options.topic ?? `bench.${randomBytes(6).toString('hex')}`,
    subscribe: options.subscribe === true,
    bytes: options.bytes ?? DEFAULT_BYTES,
    topics: options.topics ?? 1,
    inFlight: options.inFlight ?? 1,
    jitterMs: (jitter ?? 0) * 1_000,
    slow: options.slow ?? 0,
    drip: options.drip === true,
    processes: options.processes ?? Math.ceil(connections / CONNECTIONS_PER_PROCESS),
    opsUrl: options.opsUrl,
  };
}
