import { randomBytes } from 'node:crypto';
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { AuditTrail } from '../../audit/audit-trail.js';
import { CanaryDoor } from '../../messaging/canary-door.js';
import { type ConnectionView, GatewayControl } from '../../messaging/gateway-control.js';
import { Refusal } from '../../protocol/refusal.js';
import { findProvider } from '../node-life.js';
import { type DisconnectOrder, type DisconnectProgress, DisconnectRun } from './disconnect-run.js';
import { type DisconnectFilter, selected } from './selection.js';

/** Runs that are remembered. */
const KEPT = 50;
/** How far the number of connections may be from the one that was seen before: few, or a share. */
const TOLERANCE = { connections: 5, share: 0.1 };

type Asked = Omit<DisconnectOrder, 'id'>;

/** Disconnects many connections of this node: one run at a time, paced, and recorded at its start and its end. */
@Injectable()
export class Disconnects implements OnModuleDestroy {
  private readonly logger = new Logger(Disconnects.name);
  private readonly runs: DisconnectRun[] = [];

  constructor(private readonly modules: ModuleRef) {}

  /** Who would be disconnected now. The canary's own socket is never meant. */
  matching(filter: DisconnectFilter): readonly ConnectionView[] {
    return selected(this.gateway, filter, findProvider(this.modules, CanaryDoor)?.principal.id);
  }

  /** Begins. `confirm`: how many the operator saw. Throws `CONFLICT` where that is no longer so, or while another runs. */
  start(asked: Asked, confirm: number): DisconnectProgress {
    const running = this.runs.find(({ isRunning }) => isRunning);
    if (running !== undefined)
      throw new Refusal('CONFLICT', `${running.order.by} disconnects others now (${running.order.id}): wait for its end, or DELETE it`);
    const ids = this.matching(asked.filter).map(({ id }) => id);
    const most = Math.max(TOLERANCE.connections, confirm * TOLERANCE.share);
    if (Math.abs(ids.length - confirm) > most)
      throw new Refusal(
        'CONFLICT',
        `${ids.length} connections match now, and ${confirm} were confirmed: look at them again, and confirm ${ids.length}`,
      );
    const run = new DisconnectRun({ ...asked, id: randomBytes(6).toString('hex') }, ids, this.gateway);
    this.runs.unshift(run);
    this.runs.length = Math.min(this.runs.length, KEPT);
    void run.run().then(() => this.record(run));
    return run.progress;
  }

  /** The newest first. */
  list(): readonly DisconnectProgress[] {
    return this.runs.map(({ progress }) => progress);
  }

  /** Throws `NOT_FOUND`. */
  one(id: string): DisconnectProgress {
    return this.find(id).progress;
  }

  /** Throws `NOT_FOUND`, or `CONFLICT` where it has ended. */
  stop(id: string, by: string): DisconnectProgress {
    const run = this.find(id);
    if (!run.isRunning) throw new Refusal('CONFLICT', 'this run has ended: there is nothing to stop');
    run.stop(by);
    return run.progress;
  }

  onModuleDestroy(): void {
    for (const run of this.runs) if (run.isRunning) run.stop('system');
  }

  private async record({ progress, order }: DisconnectRun): Promise<void> {
    const { state, matched, closed, gone, left, stopped_by } = progress;
    const audit = findProvider(this.modules, AuditTrail);
    try {
      await audit?.record({
        actor: order.by,
        action: 'connections.disconnect.end',
        target: order.id,
        result: 'OK',
        address: undefined,
        traceId: undefined,
        after: { state, filter: order.filter, matched, closed, gone, left, ...(stopped_by === undefined ? {} : { stopped_by }) },
      });
    } catch {
      // The trail has logged what it could not store.
      this.logger.warn(`the end of ${order.id} is not in the audit trail: ${closed} of ${matched} connections were closed`);
    }
  }

  private find(id: string): DisconnectRun {
    const run = this.runs.find(({ order }) => order.id === id);
    if (run === undefined) throw new Refusal('NOT_FOUND', `no run of this node has this id; GET ops/disconnects lists the last ${KEPT}`);
    return run;
  }

  private get gateway(): GatewayControl {
    const gateway = findProvider(this.modules, GatewayControl);
    if (gateway === undefined) throw new Refusal('UNAVAILABLE', 'this node has not started completely; ask again soon');
    return gateway;
  }
}
