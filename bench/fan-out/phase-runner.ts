import type { DialectName } from '../load/fan-out/dialects.ts';
import type { FanOutJob, FanOutResult } from '../load/fan-out/fan-out-load.ts';
import { CORES, familyCpuMs, machineCpuMs } from '../rig/cpu-time.ts';
import { Histogram } from '../rig/histogram.ts';
import { familyMemoryMiB } from '../rig/resident-memory.ts';
import { runWorker } from '../rig/worker.ts';
import type { Measurement } from './measurement.ts';

const LOAD = new URL('../load/fan-out/fan-out-load.ts', import.meta.url);
const WARM_UP_SECONDS = 1;

/** A server under load: the gateway or a peer, with all its processes. */
export interface Server {
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  /** Other nodes of the same cluster; subscribers are spread over all of them, and the publisher is at this one. */
  readonly others?: readonly Server[];
  /** Further processes that do its work: their CPU time and memory are the server's. */
  readonly helpers?: readonly number[];
}

/** All processes of a server. */
function pidsOf({ pid, others = [], helpers = [] }: Server): readonly number[] {
  return [pid, ...others.flatMap(pidsOf), ...helpers];
}

/** What one phase puts on which server. */
export interface Phase {
  readonly name: string;
  readonly server: Server;
  readonly dialect: DialectName;
  readonly subscribers: number;
  readonly inFlight: number;
  readonly payloadBytes: number;
  /** Its publisher sends what the gateway made of a publish in the phase before, instead of the payload alone. */
  readonly sendsReadyMade?: boolean;
  /** Topics of each subscriber beside the one that is published to. */
  readonly idleTopics?: number;
}

/** Told at the ends of each measured window. */
export interface WindowListener {
  begin(): void;
  end(): void;
}

interface Clocks {
  readonly server: number;
  readonly beside: number;
  readonly rig: number;
  readonly machine: number;
  readonly memory: number;
  readonly wallMs: number;
}

/** Runs one phase at a time, and reads everybody's clocks at the ends of its window. */
export class PhaseRunner {
  readonly #seconds: number;
  readonly #secret: string;
  /** Processes of this run that serve nobody of the load: their CPU time is not that of others. */
  readonly #beside: readonly number[];
  /** What the gateway last made of a publish. */
  #readyMadeBytes: number | undefined;

  constructor(options: { readonly seconds: number; readonly secret: string; readonly beside: readonly number[] }) {
    this.#seconds = options.seconds;
    this.#secret = options.secret;
    this.#beside = options.beside;
  }

  async run(repeat: number, phase: Phase, listener?: WindowListener): Promise<Measurement> {
    const { server, dialect, subscribers, inFlight, idleTopics = 0 } = phase;
    const payloadBytes = phase.sendsReadyMade === true ? this.#readyMadeBytes : phase.payloadBytes;
    if (payloadBytes === undefined) throw new Error('the gateway has to run before what sends the same bytes');
    const { host, port, others = [] } = server;
    const ports = [port, ...others.map((node) => node.port)];
    const load = { host, ports, dialect, subscribers, inFlight, payloadBytes, idleTopics, secret: this.#secret };
    const job: FanOutJob = { ...load, warmUpSeconds: WARM_UP_SECONDS, seconds: this.#seconds };
    const read: Clocks[] = [];
    const result = await runWorker<FanOutResult>(LOAD, job, ({ kind }) => {
      read.push(this.#clocks(pidsOf(server)));
      listener?.[kind]();
    });
    const [before, after] = read;
    if (before === undefined || after === undefined) throw new Error('the load told no measured window');
    if (dialect === 'gateway') this.#readyMadeBytes = Math.round(result.bytesPerDelivery);
    return { repeat, phase: phase.name, ...figures(before, after, result) };
  }

  #clocks(server: readonly number[]): Clocks {
    return {
      server: server.reduce((sum, pid) => sum + familyCpuMs(pid), 0),
      beside: this.#beside.filter((pid) => !server.includes(pid)).reduce((sum, pid) => sum + familyCpuMs(pid), 0),
      rig: process.cpuUsage().user / 1_000 + process.cpuUsage().system / 1_000,
      machine: machineCpuMs(),
      memory: server.reduce((sum, pid) => sum + familyMemoryMiB(pid), 0),
      wallMs: performance.now(),
    };
  }
}

function figures(before: Clocks, after: Clocks, result: FanOutResult): Omit<Measurement, 'repeat' | 'phase'> {
  const durations = Histogram.from(result.durations);
  const server = after.server - before.server;
  const ours = server + after.beside - before.beside + result.cpuMs + after.rig - before.rig;
  const available = (after.wallMs - before.wallMs) * CORES;
  return {
    perSecond: result.operations / result.seconds,
    serverCpu: (server * 1_000) / result.operations,
    loadCpu: (result.cpuMs * 1_000) / result.operations,
    p50: durations.percentile(0.5),
    p99: durations.percentile(0.99),
    bytes: result.bytesPerDelivery,
    memory: after.memory,
    others: Math.max(0, after.machine - before.machine - ours) / available,
  };
}
