import type { GatewayControl } from '../../messaging/gateway-control.js';
import { Refusal } from '../../protocol/refusal.js';
import { type DisconnectOrder, type DisconnectProgress, DisconnectRun } from './disconnect-run.js';

/** Runs that are remembered. */
export const RUNS_KEPT = 50;

/** What this node does of the runs, and did. */
export class LocalRuns {
  private readonly runs: DisconnectRun[] = [];
  /** Stopped before they began here, and by whom. */
  private readonly stoppedBefore = new Map<string, string>();
  private readonly underWay = new Map<string, Promise<void>>();

  constructor(private readonly gateway: () => GatewayControl) {}

  /** Begins one. A second time with the same id does nothing. */
  begin(order: DisconnectOrder, ids: readonly string[], ratePerS: number): void {
    if (this.find(order.id) !== undefined) return;
    const run = new DisconnectRun(order, ids, this.gateway(), ratePerS);
    this.runs.unshift(run);
    this.runs.length = Math.min(this.runs.length, RUNS_KEPT);
    const stoppedBy = this.stoppedBefore.get(order.id);
    if (stoppedBy !== undefined) run.stop(stoppedBy);
    this.underWay.set(
      order.id,
      run.run().finally(() => this.underWay.delete(order.id)),
    );
  }

  /** Resolves when this node does nothing of it any more. */
  ended(id: string): Promise<void> {
    return this.underWay.get(id) ?? Promise.resolve();
  }

  /** The newest first. */
  list(): readonly DisconnectProgress[] {
    return this.runs.map(({ progress }) => progress);
  }

  progress(id: string): DisconnectProgress | undefined {
    return this.find(id)?.progress;
  }

  /** What was closed stays closed; harmless where it has ended. One that has not begun here closes nothing when it does. */
  stop(id: string, by: string): void {
    const run = this.find(id);
    if (run?.isRunning === true) run.stop(by);
    if (run !== undefined) return;
    this.stoppedBefore.set(id, by);
    const [oldest] = this.stoppedBefore.keys();
    if (this.stoppedBefore.size > RUNS_KEPT && oldest !== undefined) this.stoppedBefore.delete(oldest);
  }

  stopAll(): void {
    for (const run of this.runs) if (run.isRunning) run.stop('system');
  }

  private find(id: string): DisconnectRun | undefined {
    return this.runs.find(({ order }) => order.id === id);
  }
}

export function noSuchRun(): Refusal {
  return new Refusal('NOT_FOUND', `no run has this id; GET ops/disconnects lists the last ${RUNS_KEPT} of each node`);
}
