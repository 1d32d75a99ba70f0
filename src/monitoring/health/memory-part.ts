import { getHeapStatistics } from 'node:v8';
import { type HealthPart, OK, type PartCheck } from './health-part.js';

const FULL_SHARE = 0.9;
const MIB = 1_048_576;

/** The heap of this node: near its limit, garbage collection takes over and then the process ends. */
export class MemoryPart implements HealthPart {
  readonly name = 'memory';
  readonly affects = 'everybody on this node: pauses of the garbage collector grow, and the process ends when nothing is left';

  check(): PartCheck {
    const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
    if (used <= limit * FULL_SHARE) return OK;
    return { state: 'degraded', detail: `${Math.round(used / MIB)} of ${Math.round(limit / MIB)} MiB of heap are used` };
  }
}
