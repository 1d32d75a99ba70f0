import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { LookAgain } from '../cluster/look-again.js';
import { Nudges } from '../cluster/nudges.js';
import { Config } from '../config/config.js';
import { RevocationStore } from './revocation-store.js';
import { Revocations } from './revocations.js';

const TIDIED_EVERY_MS = 60_000;

/**
 * Brings the revocations of other nodes to this one: all of them before the first connection is let in, then what changed, when another
 * node says so and every `auth.revocationPollMs`. After a question that failed, and where the table has come less far than it was, it reads all of it again.
 */
@Injectable()
export class RevocationFeed implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Revocations');
  private seen = 0;
  private isBehind = false;
  private tidiedAt = performance.now();
  private readonly looks = new LookAgain(() => this.look());
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(
    private readonly store: RevocationStore,
    private readonly revocations: Revocations,
    private readonly config: Config,
    private readonly nudges: Nudges,
  ) {}

  /** Without the rules that are in force nobody may be let in, so a start that cannot read them fails. */
  async onApplicationBootstrap(): Promise<void> {
    await this.readAll(await this.store.newest());
    this.nudges.on('revocations', () => this.lookNow());
    this.schedule();
  }

  beforeApplicationShutdown(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private schedule(): void {
    clearTimeout(this.timer);
    if (this.stopped) return;
    this.timer = setTimeout(() => this.lookNow(), this.config.auth.revocationPollMs);
    this.timer.unref();
  }

  private lookNow(): void {
    if (!this.stopped) void this.looks.now();
  }

  private async look(): Promise<void> {
    try {
      await this.poll();
      await this.tidy();
    } catch (error) {
      // What is known holds; the part of the health report that speaks of the database tells the rest.
      if (!this.isBehind)
        this.logger.warn(`Revocations of other nodes cannot be read: ${error instanceof Error ? error.message : String(error)}`);
      this.isBehind = true;
    } finally {
      this.schedule();
    }
  }

  private async poll(): Promise<void> {
    const newest = await this.store.newest();
    if (this.isBehind || newest < this.seen) await this.readAll(newest);
    else if (newest > this.seen) await this.readChanges();
    this.revocations.upToDate();
  }

  private async readAll(newest: number): Promise<void> {
    const readSince = Date.now();
    this.revocations.replace(await this.store.all(), readSince);
    this.seen = newest;
    this.isBehind = false;
    this.revocations.upToDate();
  }

  private async readChanges(): Promise<void> {
    for (const { rule, isRemoved, change } of await this.store.since(this.seen)) {
      if (isRemoved) this.revocations.forget(rule.id);
      else this.revocations.learn(rule);
      this.seen = change;
    }
  }

  private async tidy(): Promise<void> {
    if (performance.now() - this.tidiedAt < TIDIED_EVERY_MS) return;
    this.tidiedAt = performance.now();
    this.revocations.sweep();
    await this.store.purge();
  }
}
