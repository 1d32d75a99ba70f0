import type { CommandJob } from '../load/command-load.ts';
import { CORES, familyCpuMs, machineCpuMs, processCpuMs } from '../rig/cpu-time.ts';
import { Histogram } from '../rig/histogram.ts';
import type { WindowResult } from '../rig/measured-window.ts';
import { runWorker } from '../rig/worker.ts';
import type { Measurement } from './measurement.ts';
import { FIELDS_TEXT, IN_FLIGHT, WARM_UP_SECONDS } from './setup.ts';

const COMMAND_LOAD = new URL('../load/command-load.ts', import.meta.url);

/** A server that answers commands. */
export interface CommandServer {
  readonly phase: string;
  readonly pid: number;
  /** Its database's server; undefined where it has none. */
  readonly databasePid: number | undefined;
  readonly host: string;
  readonly port: number;
  /** Of one connection each; undefined where nobody is authenticated. */
  readonly tokens: readonly (string | undefined)[];
}

/** Told at the ends of the measured window. */
export interface WindowListener {
  begin(): void;
  end(): void;
}

interface Clocks {
  readonly server: number;
  readonly database: number;
  readonly rig: number;
  readonly machine: number;
  readonly wallMs: number;
}

/** Puts the load on one server and reads everybody's clocks at the ends of its window. */
export async function measurePhase(
  server: CommandServer,
  repeat: number,
  seconds: number,
  listener?: WindowListener,
): Promise<Measurement> {
  const { host, port, tokens } = server;
  const job: CommandJob = {
    host,
    port,
    tokens,
    inFlight: IN_FLIGHT,
    fieldsText: FIELDS_TEXT,
    warmUpSeconds: WARM_UP_SECONDS,
    seconds,
  };
  const read: Clocks[] = [];
  const result = await runWorker(COMMAND_LOAD, job, ({ kind }) => {
    read.push(clocks(server));
    listener?.[kind]();
  });
  const [before, after] = read;
  if (before === undefined || after === undefined) throw new Error('the load told no measured window');
  return { repeat, phase: server.phase, ...figures(before, after, result) };
}

function clocks({ pid, databasePid }: CommandServer): Clocks {
  const { user, system } = process.cpuUsage();
  return {
    server: processCpuMs(pid),
    database: databasePid === undefined ? 0 : familyCpuMs(databasePid),
    rig: (user + system) / 1_000,
    machine: machineCpuMs(),
    wallMs: performance.now(),
  };
}

function figures(before: Clocks, after: Clocks, result: WindowResult): Omit<Measurement, 'repeat' | 'phase'> {
  const spent = (name: keyof Clocks): number => after[name] - before[name];
  const durations = Histogram.from(result.durations);
  const ours = spent('server') + spent('database') + spent('rig') + result.cpuMs;
  return {
    perSecond: result.operations / result.seconds,
    p50: durations.percentile(0.5),
    p99: durations.percentile(0.99),
    serverCpu: (spent('server') * 1_000) / result.operations,
    loadCpu: (result.cpuMs * 1_000) / result.operations,
    serverCores: spent('server') / spent('wallMs'),
    others: Math.max(0, spent('machine') - ours) / (spent('wallMs') * CORES),
  };
}
