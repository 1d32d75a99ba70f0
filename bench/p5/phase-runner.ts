import type pg from 'pg';
import type { PublishJob } from '../load/publish-load.ts';
import { CORES, familyCpuMs, machineCpuMs, processCpuMs } from '../rig/cpu-time.ts';
import type { GatewayProcess } from '../rig/gateway-process.ts';
import { Histogram } from '../rig/histogram.ts';
import type { WindowResult } from '../rig/measured-window.ts';
import type { PrivatePostgres } from '../rig/private-postgres.ts';
import { runWorker } from '../rig/worker.ts';
import type { Measurement } from './measurement.ts';
import type { RawAppendJob } from './raw-append.ts';
import { SOCKETS, type Spread, WARM_UP_SECONDS, payloadText, rawLanes, topicsOf } from './setup.ts';

const PUBLISH_LOAD = new URL('../load/publish-load.ts', import.meta.url);
const RAW_APPEND = new URL('raw-append.ts', import.meta.url);
const BATCHES = 'waybill_append_batch_size_count';
const BATCHED = 'waybill_append_batch_size_sum';

/** Told at the ends of each measured window. */
export interface WindowListener {
  begin(): void;
  end(): void;
}

interface Clocks {
  readonly gateway: number;
  readonly database: number;
  readonly rig: number;
  readonly machine: number;
  readonly wallMs: number;
  readonly batches: Promise<readonly [count: number, messages: number]>;
}

/** Runs one phase at a time against the gateway or beside it, and reads everybody's clocks at the ends of its window. */
export class PhaseRunner {
  private readonly gateway: GatewayProcess;
  private readonly postgres: PrivatePostgres;
  private readonly database: pg.Client;
  private readonly tokens: readonly string[];
  private readonly seconds: number;

  constructor(options: {
    readonly gateway: GatewayProcess;
    readonly postgres: PrivatePostgres;
    readonly database: pg.Client;
    readonly tokens: readonly string[];
    readonly seconds: number;
  }) {
    this.gateway = options.gateway;
    this.postgres = options.postgres;
    this.database = options.database;
    this.tokens = options.tokens;
    this.seconds = options.seconds;
  }

  publishes(repeat: number, phase: string, spread: Spread, loop: PublishJob['loop'], listener?: WindowListener): Promise<Measurement> {
    const { host, port } = this.gateway;
    const topics = topicsOf('gateway', spread);
    const job: PublishJob = { host, port, tokens: this.tokens, topics, dataText: payloadText(), loop, ...this.window };
    return this.measure({ repeat, phase, topics }, (onMark) => runWorker(PUBLISH_LOAD, job, onMark), listener);
  }

  async appends(repeat: number, phase: string, spread: Spread, batch: number, listener?: WindowListener): Promise<Measurement> {
    const lanes = rawLanes(spread);
    const job: RawAppendJob = {
      databaseUrl: this.postgres.url,
      lanes,
      publishers: SOCKETS,
      batch,
      dataText: payloadText(),
      ...this.window,
    };
    const run = (onMark: OnMark): Promise<WindowResult> => runWorker(RAW_APPEND, job, onMark);
    return { ...(await this.measure({ repeat, phase, topics: lanes.flat() }, run, listener)), batch };
  }

  private get window(): { readonly warmUpSeconds: number; readonly seconds: number } {
    return { warmUpSeconds: WARM_UP_SECONDS, seconds: this.seconds };
  }

  private async measure(
    { repeat, phase, topics }: { readonly repeat: number; readonly phase: string; readonly topics: readonly string[] },
    run: (onMark: OnMark) => Promise<WindowResult>,
    listener: WindowListener | undefined,
  ): Promise<Measurement> {
    const heads = await this.heads(topics);
    const read: Clocks[] = [];
    const result = await run(({ kind }) => {
      read.push(this.clocks());
      listener?.[kind]();
    });
    const [before, after] = read;
    if (before === undefined || after === undefined) throw new Error('the load told no measured window');
    await this.requireStored(topics, heads, result.allOperations);
    return { repeat, phase, batch: await meanBatch(before, after), ...figures(before, after, result) };
  }

  private clocks(): Clocks {
    return {
      gateway: processCpuMs(this.gateway.pid),
      database: familyCpuMs(this.postgres.pid),
      rig: process.cpuUsage().user / 1_000 + process.cpuUsage().system / 1_000,
      machine: machineCpuMs(),
      wallMs: performance.now(),
      batches: Promise.all([this.gateway.metric(BATCHES), this.gateway.metric(BATCHED)]),
    };
  }

  /** What was acknowledged has to stand in the log, no more and no less; else the figure is of something else. */
  private async requireStored(topics: readonly string[], before: number, acknowledged: number): Promise<void> {
    const stored = (await this.heads(topics)) - before;
    if (stored !== acknowledged) throw new Error(`${acknowledged} messages were acknowledged and ${stored} are in the log`);
  }

  private async heads(topics: readonly string[]): Promise<number> {
    const { rows } = await this.database.query<{ sum: number }>(
      'select coalesce(sum(head), 0)::float8 as sum from waybill.topic where name = any ($1)',
      [topics],
    );
    return rows[0]?.sum ?? 0;
  }
}

type OnMark = (mark: { readonly kind: 'begin' | 'end' }) => void;

async function meanBatch(before: Clocks, after: Clocks): Promise<number> {
  const [[batchesBefore, messagesBefore], [batches, messages]] = await Promise.all([before.batches, after.batches]);
  return (messages - messagesBefore) / (batches - batchesBefore);
}

function figures(before: Clocks, after: Clocks, result: WindowResult): Omit<Measurement, 'repeat' | 'phase' | 'batch'> {
  const durations = Histogram.from(result.durations);
  const gateway = after.gateway - before.gateway;
  const database = after.database - before.database;
  const ours = gateway + database + result.cpuMs + after.rig - before.rig;
  const available = (after.wallMs - before.wallMs) * CORES;
  return {
    perSecond: result.operations / result.seconds,
    p50: durations.percentile(0.5),
    p99: durations.percentile(0.99),
    gatewayCpu: (gateway * 1_000) / result.operations,
    databaseCpu: (database * 1_000) / result.operations,
    loadCpu: (result.cpuMs * 1_000) / result.operations,
    others: Math.max(0, after.machine - before.machine - ours) / available,
  };
}
