import { setTimeout as delay } from 'node:timers/promises';
import { CORES, familyCpuMs, machineCpuMs, processCpuMs } from '../rig/cpu-time.ts';
import { Histogram } from '../rig/histogram.ts';
import { residentBytes } from '../rig/resident-memory.ts';
import type { ConnectResult } from '../load/connect-command.ts';
import type { AcceptMeasurement, MemoryMeasurement } from './measurement.ts';
import type { ServerFacts } from './servers.ts';
import { IN_FLIGHT, topics } from './setup.ts';
import { type Site, together } from './site.ts';

const SETTLE_MS = 5_000;
const COLLECT_MS = 1_500;
const KIB = 1_024;

interface Clocks {
  readonly server: number;
  readonly database: number;
  readonly load: number;
  readonly rig: number;
  readonly machine: number;
  readonly wallMs: number;
}

/** Memory of all nodes of one server, in bytes. */
interface Memory {
  readonly resident: number;
  readonly collected: number;
  readonly heap: number;
}

/** Runs rounds of connecting against one server, or several nodes of it at once, and reads what they cost. */
export class RoundRunner {
  readonly #sites: readonly Site[];
  #base: (Memory & { readonly connections: number }) | undefined;

  constructor(sites: readonly Site[]) {
    this.#sites = sites;
  }

  async prepare(connections: number, userPrefix: string): Promise<void> {
    await this.#each((site, index) => site.prepare(this.#share(connections, index), `${userPrefix}-${index}`));
  }

  /** Opens everything that is prepared, and keeps it open. `count` is how many that is. */
  async connect(
    { repeat, round }: { readonly repeat: number; readonly round: string },
    count: number,
    inFlight: number,
  ): Promise<AcceptMeasurement> {
    await this.#facts();
    const before = this.#clocks();
    const result = together(await this.#each((site, index) => site.connect(this.#share(inFlight, index))));
    const after = this.#clocks();
    const facts = await this.#facts();
    const connections = facts.reduce((sum, { connections: open }) => sum + open, 0);
    if (connections !== count) throw new Error(`${round}: the load has ${count} connections, and the server counts ${connections}`);
    return { repeat, round, loopP99: Math.max(...facts.map(({ loopP99Ms }) => loopP99Ms)), ...this.#figures(before, after, result, count) };
  }

  /** Answers subscriptions granted in a second. */
  async subscribe(count: number): Promise<number> {
    const { seconds } = together(await this.#each((site, index) => site.subscribe(topics, this.#share(IN_FLIGHT, index))));
    return count / seconds;
  }

  async reset(): Promise<void> {
    await this.#each((site) => site.reset());
  }

  /** Remembers the memory that the server has with a few connections. */
  async readBase(connections: number): Promise<void> {
    this.#base = { ...(await this.#memory()), connections };
  }

  /** What each connection costs that is open now beyond those few. */
  async memory(repeat: number, connections: number): Promise<MemoryMeasurement> {
    const base = this.#base;
    if (base === undefined) throw new Error('the memory with a few connections was not read');
    const now = await this.#memory();
    const each = (name: keyof Memory): number => (now[name] - base[name]) / (connections - base.connections) / KIB;
    const server = this.#sites[0]?.server.name ?? '';
    return { repeat, server, connections, resident: each('resident'), collected: each('collected'), heap: each('heap') };
  }

  async #memory(): Promise<Memory> {
    const read = (): number => this.#sites.reduce((sum, { server }) => sum + residentBytes(server.pid), 0);
    await delay(SETTLE_MS);
    const resident = read();
    for (const { server } of this.#sites) process.kill(server.pid, 'SIGUSR2');
    await delay(COLLECT_MS);
    const collected = read();
    const heap = (await this.#facts()).reduce((sum, { heapBytes }) => sum + heapBytes, 0);
    return { resident, collected, heap };
  }

  #facts(): Promise<readonly ServerFacts[]> {
    return this.#each((site) => site.server.facts());
  }

  #each<T>(perform: (site: Site, index: number) => Promise<T>): Promise<T[]> {
    return Promise.all(this.#sites.map(perform));
  }

  /** This node's part of a number, split evenly. */
  #share(whole: number, index: number): number {
    const nodes = this.#sites.length;
    return Math.floor((whole + nodes - 1 - index) / nodes);
  }

  #clocks(): Clocks {
    const sum = (read: (site: Site) => number): number => this.#sites.reduce((total, site) => total + read(site), 0);
    const { user, system } = process.cpuUsage();
    return {
      server: sum(({ server }) => processCpuMs(server.pid)),
      database: sum(({ server: { databasePid } }) => (databasePid === undefined ? 0 : familyCpuMs(databasePid))),
      load: sum(({ loadPids }) => loadPids.reduce((total, pid) => total + processCpuMs(pid), 0)),
      rig: (user + system) / 1_000,
      machine: machineCpuMs(),
      wallMs: performance.now(),
    };
  }

  #figures(before: Clocks, after: Clocks, result: ConnectResult, count: number): Omit<AcceptMeasurement, 'repeat' | 'round' | 'loopP99'> {
    const spent = (name: keyof Clocks): number => after[name] - before[name];
    const durations = Histogram.from(result.durations);
    const ours = spent('server') + spent('database') + spent('load') + spent('rig');
    return {
      perSecond: count / result.seconds,
      p50: durations.percentile(0.5),
      p99: durations.percentile(0.99),
      serverCpu: (spent('server') * 1_000) / count,
      databaseCpu: (spent('database') * 1_000) / count,
      loadCpu: (result.cpuMs * 1_000) / count,
      serverCores: spent('server') / (result.seconds * 1_000) / this.#sites.length,
      retries: result.retries,
      others: Math.max(0, spent('machine') - ours) / (spent('wallMs') * CORES),
    };
  }
}
