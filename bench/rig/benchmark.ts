/** What the command line asks for. */
export interface BenchmarkOptions {
  /** Length of each measured window. */
  readonly seconds: number;
  /** How often the phases are gone through; figures are medians over them. */
  readonly repeat: number;
  /** Connections over all nodes, where the command line says; of P4. */
  readonly connections: number | undefined;
  /** Gateways beside one another, of P4. */
  readonly nodes: number;
  /** How long the collector is in trouble while memory is watched, of the benchmark of it. */
  readonly minutes: number;
  /** Share of P9's data that is loaded, for a quick look. */
  readonly scale: number;
  /** Shows where the time goes instead of writing results: the profiler slows what it looks at. */
  readonly profile: boolean;
  /** Where databases are made for the time of the run. */
  readonly directory: string;
  /** Settings of the gateway, as environment variables, that differ from its defaults. */
  readonly settings: Readonly<Record<string, string>>;
}

/** Prints what happens and keeps what belongs into the file of results. */
export interface Output {
  /** For whoever watches; not kept. */
  progress(text: string): void;
  /** Printed, and kept. */
  result(text: string): void;
}

/** What has to be stopped at the end of a run, also where it is broken off; the latest first. */
export class Stoppers {
  readonly #stops: (() => Promise<void>)[] = [];
  #stopping: Promise<void> | undefined;

  add(stop: () => Promise<void>): void {
    this.#stops.push(stop);
  }

  /** A second call waits for the first. */
  stop(): Promise<void> {
    return (this.#stopping ??= this.#stopAll());
  }

  async #stopAll(): Promise<void> {
    for (let stop = this.#stops.pop(); stop !== undefined; stop = this.#stops.pop()) await stop();
  }
}

export type Benchmark = (options: BenchmarkOptions, output: Output, stoppers: Stoppers) => Promise<void>;
