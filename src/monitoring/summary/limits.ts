import { readdirSync, readFileSync, statfsSync, statSync } from 'node:fs';
import { totalmem } from 'node:os';
import { type EventLoopUtilization, performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { Config } from '../../config/config.js';
import type { GatewayCounts } from '../../messaging/gateway-control.js';
import type { PoolStatistics } from '../../storage/database-health.js';

/** Over which the event loop is measured, in milliseconds. */
const LOOK_MS = 10_000;

/** How near something is to its end. */
export interface LimitReport {
  readonly name: string;
  readonly used: number;
  readonly limit: number;
  readonly unit: string;
  /** used / limit. */
  readonly share: number;
  /** The option that sets it, or what else does. */
  readonly set_by: string;
  /** Which node is the nearest to this end, where several were asked. */
  readonly node?: string;
}

/** What is known of the parts at this moment; absent: this program does not have the part. */
export interface Usage {
  readonly gateway: GatewayCounts;
  readonly pool: PoolStatistics | undefined;
  /** Publishes taken by the queue to the database. */
  readonly publishes: number | undefined;
  /** Records of the ledger that wait. */
  readonly ledger: number | undefined;
}

/** What this node has of what it may have. A limit of 0 is none, and is not listed. */
export class Limits {
  private readonly descriptors = descriptorLimit();
  private loop: EventLoopUtilization = performance.eventLoopUtilization();
  private busy = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly config: Config) {}

  /** Begins to measure the event loop. */
  start(): void {
    this.timer = setInterval(() => this.look(), LOOK_MS);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Share of the last ten seconds in which the event loop was busy. */
  get loopBusy(): number {
    return round(this.busy);
  }

  private look(): void {
    const now = performance.eventLoopUtilization();
    this.busy = performance.eventLoopUtilization(now, this.loop).utilization;
    this.loop = now;
  }

  /** Those that are nearest to their end first. */
  report(usage: Usage): readonly LimitReport[] {
    const { gateway, messaging, storage, ledger } = this.config;
    const { used_heap_size: heap, heap_size_limit: heapLimit } = getHeapStatistics();
    const reports = [
      limit('connections', usage.gateway.connections, gateway.maxConnections, 'connections', 'gateway.maxConnections'),
      limit('descriptors', openDescriptors(), this.descriptors, 'descriptors', 'ulimit -n, LimitNOFILE'),
      limit('memory', process.memoryUsage.rss(), availableMemory(), 'bytes', 'this machine or its container'),
      limit('heap', heap, heapLimit, 'bytes', '--max-old-space-size of Node'),
      limit('event_loop', this.loopBusy, 1, 'share of the time', 'one core'),
      limit('database_connections', busyOf(usage.pool), storage.poolSize, 'connections', 'storage.poolSize'),
      limit('send_queue', usage.gateway.queuedBytes, gateway.nodeQueueBytes, 'bytes', 'gateway.nodeQueueBytes'),
      limit('publish_queue', usage.publishes, messaging.publishQueue, 'messages', 'messaging.publishQueue'),
      limit('ledger', usage.ledger, ledger.records, 'records', 'ledger.records'),
      ...this.disk(),
    ];
    return reports.filter((report) => report !== undefined).toSorted((a, b) => b.share - a.share);
  }

  /** Only where the database is here, in the data directory. */
  private disk(): readonly (LimitReport | undefined)[] {
    if (this.config.storage.databaseUrl !== undefined) return [];
    try {
      const { blocks, bavail, bsize } = statfsSync(this.config.server.dataDir);
      return [limit('disk', (blocks - bavail) * bsize, blocks * bsize, 'bytes', `the disk of ${this.config.server.dataDir}`)];
    } catch {
      return [];
    }
  }
}

function limit(name: string, used: number | undefined, most: number | undefined, unit: string, setBy: string): LimitReport | undefined {
  if (used === undefined || most === undefined || !(most > 0)) return undefined;
  return { name, used, limit: most, unit, share: round(used / most), set_by: setBy };
}

function round(share: number): number {
  return Math.round(share * 1_000) / 1_000;
}

function busyOf(pool: PoolStatistics | undefined): number | undefined {
  return pool === undefined ? undefined : pool.total - pool.idle + pool.waiting;
}

/** Linux says since 6.2 how many there are, as the size of their directory; to list 10,000 of them takes ten milliseconds. */
function openDescriptors(): number | undefined {
  try {
    const { size } = statSync('/proc/self/fd');
    return size > 0 ? size : readdirSync('/proc/self/fd').length;
  } catch {
    return undefined;
  }
}

function descriptorLimit(): number | undefined {
  try {
    const soft = Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]);
    return Number.isFinite(soft) ? soft : undefined;
  } catch {
    return undefined;
  }
}

/** A container's limit counts where it is below what the machine has. */
function availableMemory(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 && constrained < totalmem() ? constrained : totalmem();
}
