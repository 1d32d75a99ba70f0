import { setTimeout as delay } from 'node:timers/promises';
import type { ConnectAnswer, ConnectCommand, ConnectResult } from '../load/connect-command.ts';
import { AskedProcess } from '../rig/asked-process.ts';
import { Histogram, type HistogramCounts } from '../rig/histogram.ts';
import type { AcceptServer } from './servers.ts';
import { MOST_PER_LOAD } from './setup.ts';

const CONNECT_LOAD = new URL('../load/connect-load.ts', import.meta.url);
const POLL_MS = 100;
const GONE_DEADLINE_MS = 60_000;

type Load = AskedProcess<ConnectCommand, ConnectAnswer>;

/** A server and the processes that connect to it. */
export class Site {
  readonly server: AcceptServer;
  /** Tells the source addresses of this site's load from those of others. */
  readonly #network: number;
  readonly #loads: readonly Load[];

  constructor(server: AcceptServer, connections: number, network: number) {
    this.server = server;
    this.#network = network;
    this.#loads = Array.from({ length: Math.ceil(connections / MOST_PER_LOAD) }, () => new AskedProcess(CONNECT_LOAD));
  }

  get loadPids(): readonly number[] {
    return this.#loads.map(({ pid }) => pid);
  }

  /** Makes the requests of the next connects, with tokens that the server has not seen. */
  async prepare(connections: number, userPrefix: string): Promise<void> {
    const { host, port, secret } = this.server;
    await this.#all((share, index) => {
      const tokens = secret === undefined ? {} : { tokens: { secret, userPrefix: `${userPrefix}-${index}` } };
      return { kind: 'prepare', host, port, connections: share(connections), network: this.#network + index, ...tokens };
    });
  }

  connect(inFlight: number): Promise<ConnectResult> {
    return this.#all((share) => ({ kind: 'connect', inFlight: share(inFlight) }));
  }

  subscribe(topics: readonly string[], inFlight: number): Promise<ConnectResult> {
    return this.#all((share) => ({ kind: 'subscribe', topics, inFlight: share(inFlight) }));
  }

  /** Ends all connections and waits until the server has noticed. */
  async reset(): Promise<void> {
    await this.#all(() => ({ kind: 'reset' }));
    const deadline = performance.now() + GONE_DEADLINE_MS;
    while ((await this.server.facts()).connections > 0) {
      if (performance.now() > deadline) throw new Error(`${this.server.name} still has connections a minute after they were reset`);
      await delay(POLL_MS);
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#loads.map((load) => load.stop()));
  }

  /** Tells every process of the load its part; `share` splits a number evenly among them. */
  async #all(command: (share: (whole: number) => number, index: number) => ConnectCommand): Promise<ConnectResult> {
    const count = this.#loads.length;
    const results = this.#loads.map(async (load, index) => {
      const share = (whole: number): number => Math.floor((whole + count - 1 - index) / count);
      const answer = await load.ask(command(share, index));
      if ('error' in answer) throw new Error(`the load on ${this.server.name}: ${answer.error}`);
      return answer.result;
    });
    return together(await Promise.all(results));
  }
}

/** What several processes did at the same time, as one. */
export function together(results: readonly ConnectResult[]): ConnectResult {
  return {
    seconds: Math.max(...results.map(({ seconds }) => seconds)),
    cpuMs: results.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    retries: results.reduce((sum, { retries }) => sum + retries, 0),
    durations: merged(results.map(({ durations }) => durations)),
  };
}

function merged(all: readonly HistogramCounts[]): HistogramCounts {
  return Histogram.from(all.flat()).counts;
}
