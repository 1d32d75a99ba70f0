import { setTimeout as sleep } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { Config } from '../../config/config.js';
import { Admission } from '../admission.js';
import type { Connection } from './connection.js';
import { ConnectionRegistry } from './registry.js';

/** Share of the drain time over which closes are spread; the rest is for peers to answer. */
const SPREAD = 0.6;
const BATCH_EVERY_MS = 100;
const POLL_MS = 20;

/**
 * Empties the node when it stops: refuses newcomers, tells every client to reconnect elsewhere, closes them in batches so that
 * they do not all arrive there at once, and cuts off what is left when the time is over.
 */
@Injectable()
export class Drain implements BeforeApplicationShutdown {
  private readonly logger = new Logger(Drain.name);

  constructor(
    private readonly config: Config,
    private readonly admission: Admission,
    private readonly registry: ConnectionRegistry,
  ) {}

  async beforeApplicationShutdown(): Promise<void> {
    this.admission.drain();
    const { drainTimeoutMs } = this.config.gateway;
    const deadline = performance.now() + drainTimeoutMs;
    if (this.registry.size > 0) this.logger.log(`draining ${this.registry.size} connections within ${drainTimeoutMs} ms`);
    await this.closeInBatches([...this.registry.all()], drainTimeoutMs * SPREAD);
    while (this.registry.occupied > 0 && performance.now() < deadline) {
      // Upgrades that were under way when the drain began may still become connections.
      for (const connection of this.registry.all()) connection.close('NODE_DRAINING');
      await sleep(POLL_MS);
    }
    for (const connection of this.registry.all()) connection.destroy();
  }

  private async closeInBatches(connections: readonly Connection[], overMs: number): Promise<void> {
    const batches = Math.max(1, Math.ceil(overMs / BATCH_EVERY_MS));
    const size = Math.max(1, Math.ceil(connections.length / batches));
    for (const connection of connections) connection.push('sys.reconnect', { after_ms: spreadOver(overMs), reason: 'node draining' });
    for (let first = 0; first < connections.length; first += size) {
      for (const connection of connections.slice(first, first + size)) connection.close('NODE_DRAINING', undefined, spreadOver(overMs));
      if (first + size < connections.length) await sleep(BATCH_EVERY_MS);
    }
  }
}

/** A time at random within `ms`, for one client to wait. */
function spreadOver(ms: number): number {
  return Math.round(Math.random() * ms);
}
