import { type EventLoopUtilization, performance } from 'node:perf_hooks';
import { type HealthPart, OK, type PartCheck } from './health-part.js';
import type { StallWatch } from './stall-watch.js';

const BUSY_SHARE = 0.95;
/** A shorter window says nothing: the start of the program alone keeps the thread busy. */
const SHORTEST_WINDOW_MS = 1_000;
/** How long a node that stood still is called degraded: long enough for a scrape to see it. */
const REMEMBERED_MS = 30_000;

/**
 * The one thread of this node: how much of the time since the last look it was busy, and whether it lately stood still. A process
 * that is stopped, or whose machine is, stands still without being busy.
 */
export class EventLoopPart implements HealthPart {
  readonly name = 'event_loop';
  readonly affects =
    'everybody on this node: deliveries, replies and handshakes are late, and newcomers are turned away; other nodes are not concerned';
  private last: EventLoopUtilization = performance.eventLoopUtilization();
  private busy: PartCheck = OK;

  constructor(private readonly stalls: StallWatch) {}

  check(): PartCheck {
    const stall = this.stalls.last;
    this.look();
    if (stall === undefined || stall.agoMs > REMEMBERED_MS || this.busy.state !== 'ok') return this.busy;
    const seconds = (stall.durationMs / 1_000).toFixed(1);
    return { state: 'degraded', detail: `stood still for ${seconds} s; nothing was read or answered meanwhile` };
  }

  private look(): void {
    const now = performance.eventLoopUtilization();
    const { utilization, active, idle } = performance.eventLoopUtilization(now, this.last);
    if (active + idle < SHORTEST_WINDOW_MS) return;
    this.last = now;
    this.busy =
      utilization <= BUSY_SHARE
        ? OK
        : { state: 'degraded', detail: `busy ${Math.round(utilization * 100)} % of the time; move connections to other nodes` };
  }
}
