import { setTimeout as sleep } from 'node:timers/promises';
import type { GatewayControl } from '../../messaging/gateway-control.js';
import { CLOSES, type CloseName } from '../../protocol/close-codes.js';
import type { DisconnectFilter } from './selection.js';

const TICK_MS = 100;
const MS_PER_S = 1_000;

export interface DisconnectOrder {
  readonly id: string;
  /** Who asked for it. */
  readonly by: string;
  readonly filter: DisconnectFilter;
  /** Whether clients may come back. */
  readonly reconnect: boolean;
  /** Sent to the clients as the reason of the close; undefined: that of the close code. */
  readonly reason: string | undefined;
  /** Over all nodes. */
  readonly ratePerS: number;
  /** How many connections each node had when it was given, as far as they could be asked. */
  readonly counts: Readonly<Record<string, number>>;
}

/** What one node does of a run. Names are those of the REST answer; times are milliseconds since the epoch. */
export interface DisconnectProgress {
  readonly id: string;
  readonly state: 'running' | 'done' | 'stopped';
  readonly by: string;
  readonly filter: DisconnectFilter;
  readonly code: number;
  readonly reason: string;
  readonly rate_per_s: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly started_at: number;
  readonly ended_at?: number;
  /** Who stopped it, where somebody did. */
  readonly stopped_by?: string;
  /** Connections that were meant when it began. Those that came later are left alone. */
  readonly matched: number;
  readonly closed: number;
  /** Had left by themselves before their turn. */
  readonly gone: number;
  readonly left: number;
}

/** Closes connections that were chosen before, so many in a second. Who comes back meanwhile is not closed again. */
export class DisconnectRun {
  private readonly startedAt = Date.now();
  private readonly began = performance.now();
  private readonly abort = new AbortController();
  private endedAt: number | undefined;
  private stoppedBy: string | undefined;
  private closed = 0;
  private next = 0;

  constructor(
    readonly order: DisconnectOrder,
    private readonly ids: readonly string[],
    private readonly gateway: GatewayControl,
    /** This node's share of the rate. */
    private readonly ratePerS: number,
  ) {}

  get isRunning(): boolean {
    return this.endedAt === undefined;
  }

  get progress(): DisconnectProgress {
    const { id, by, filter, reason, ratePerS, counts } = this.order;
    const { code, reason: standard } = CLOSES[this.closeName];
    return {
      id,
      state: this.isRunning ? 'running' : this.next < this.ids.length ? 'stopped' : 'done',
      by,
      filter,
      code,
      reason: reason ?? standard,
      rate_per_s: ratePerS,
      counts,
      started_at: this.startedAt,
      ...(this.endedAt === undefined ? {} : { ended_at: this.endedAt }),
      ...(this.stoppedBy === undefined ? {} : { stopped_by: this.stoppedBy }),
      matched: this.ids.length,
      closed: this.closed,
      gone: this.next - this.closed,
      left: this.ids.length - this.next,
    };
  }

  /** Resolves when all have had their turn, or it was stopped. */
  async run(): Promise<void> {
    const { signal } = this.abort;
    while (this.next < this.ids.length && !signal.aborted) {
      this.closeThoseDue();
      if (this.next < this.ids.length) await sleep(TICK_MS, undefined, { signal }).catch(() => undefined);
    }
    this.endedAt = Date.now();
  }

  /** What was closed stays closed. */
  stop(by: string): void {
    this.stoppedBy = by;
    this.abort.abort();
  }

  private closeThoseDue(): void {
    const elapsedS = (performance.now() - this.began) / MS_PER_S;
    const due = Math.min(this.ids.length, Math.floor(elapsedS * this.ratePerS) + 1);
    for (; this.next < due; this.next += 1) {
      if (this.gateway.disconnect(this.ids[this.next] as string, this.closeName, this.order.reason)) this.closed += 1;
    }
  }

  private get closeName(): CloseName {
    return this.order.reconnect ? 'DISCONNECTED' : 'DISCONNECTED_FOR_GOOD';
  }
}
