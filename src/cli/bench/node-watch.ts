import type { Figures } from './report.js';
import { type NodeSample, nodeSampleOf } from './node-sample.js';

const EVERY_MS = 1_000;
const TIMEOUT_MS = 5_000;
const MIB = 1_048_576;
const KIB = 1_024;

/** Reads the node's own metrics from its operators' port, once a second. */
export class NodeWatch {
  private readonly samples: NodeSample[] = [];
  private timer: NodeJS.Timeout | undefined;
  private reading = false;
  /** Why the node's side is not known; undefined while it is. */
  problem: string | undefined;

  constructor(private readonly opsUrl: string) {}

  get last(): NodeSample | undefined {
    return this.samples.at(-1);
  }

  async start(): Promise<void> {
    await this.read();
    if (this.problem === undefined) this.timer = setInterval(() => void this.read(), EVERY_MS);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Reads once more, so that a window ends where the load does. */
  async read(): Promise<void> {
    if (this.reading) return;
    this.reading = true;
    try {
      const answer = await fetch(`${this.opsUrl.replace(/\/+$/, '')}/metrics`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
      const sample = nodeSampleOf(await answer.text(), performance.now());
      if (sample !== undefined) this.samples.push(sample);
      else if (this.samples.length === 0) this.problem = `what answers at ${this.opsUrl} shows no metrics of a gateway`;
    } catch {
      // A node too busy to answer once is read a second later.
      if (this.samples.length === 0) this.problem = `nothing answers at ${this.opsUrl}; name its operators' port with --ops-url`;
    } finally {
      this.reading = false;
    }
  }

  /** Memory that the node took since the start of the benchmark, for each of so many connections. */
  growthPerConnection(connections: number): Figures {
    const [first] = this.samples;
    const { last } = this;
    if (first === undefined || last === undefined || connections === 0) return {};
    return { node_rss_growth_per_connection_kib: (last.rssBytes - first.rssBytes) / KIB / connections };
  }

  /** The node from a timestamp until now. */
  figuresSince(from: number): Figures {
    const { last } = this;
    const first = this.samples.findLast(({ at }) => at <= from) ?? this.samples[0];
    if (first === undefined || last === undefined || last.at <= first.at) return {};
    const window = this.samples.filter(({ at }) => at > first.at);
    const seconds = (last.at - first.at) / 1_000;
    return {
      node_cpu_percent: ((last.cpuSeconds - first.cpuSeconds) / seconds) * 100,
      node_gc_percent: ((last.gcSeconds - first.gcSeconds) / seconds) * 100,
      node_rss_mib: last.rssBytes / MIB,
      node_heap_mib: last.heapBytes / MIB,
      node_external_mib: last.externalBytes / MIB,
      node_loop_delay_p99_ms: Math.max(...window.map(({ loopP99Ms }) => loopP99Ms)),
      node_loop_delay_max_ms: Math.max(...window.map(({ loopMaxMs }) => loopMaxMs)),
      node_queued_max_bytes: Math.max(...window.map(({ queuedBytes }) => queuedBytes)),
    };
  }
}
