import { type EventLoopUtilization, performance } from 'node:perf_hooks';
import { type HealthPart, OK, type PartCheck } from './health-part.js';

const BUSY_SHARE = 0.95;
/** A shorter window says nothing: the start of the program alone keeps the thread busy. */
const SHORTEST_WINDOW_MS = 1_000;

/** The one thread of this node: how much of the time since the last look it was busy. */
export class EventLoopPart implements HealthPart {
  readonly name = 'event_loop';
  private last: EventLoopUtilization = performance.eventLoopUtilization();
  private current: PartCheck = OK;

  check(): PartCheck {
    const now = performance.eventLoopUtilization();
    const { utilization, active, idle } = performance.eventLoopUtilization(now, this.last);
    if (active + idle < SHORTEST_WINDOW_MS) return this.current;
    this.last = now;
    this.current =
      utilization <= BUSY_SHARE
        ? OK
        : { state: 'degraded', detail: `busy ${Math.round(utilization * 100)} % of the time; move connections to other nodes` };
    return this.current;
  }
}
