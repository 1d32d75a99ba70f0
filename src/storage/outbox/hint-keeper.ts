import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Telemetry } from '../../telemetry/telemetry.js';
import { Database } from '../database.js';
import { QueryFailure } from '../query-failure.js';

const INTERVAL_MS = 5_000;
/** A node that has not read a hint for this long finds the message by its sweep of heads. */
const AGE_MS = 10_000;

/**
 * Removes hints that every node has had time to read, and counts the messages they stood for: each hint is removed by one node, so
 * each message is counted once, however many nodes there are. Every node may run it.
 */
@Injectable()
export class HintKeeper implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(HintKeeper.name);
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(
    private readonly database: Database,
    private readonly telemetry: Telemetry,
  ) {}

  onApplicationBootstrap(): void {
    this.schedule();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  /** Removes hints older than `ageMs`, in milliseconds. Rejects with `QueryFailure`. */
  async expire(ageMs = AGE_MS): Promise<void> {
    const rows = await this.database.query('hints', {
      text: 'select e.namespace, e.messages from waybill.expire_hints($1) as e',
      values: [ageMs],
    });
    for (const [namespace, messages] of rows) this.telemetry.publishedBySql(namespace as string, Number(messages));
  }

  /** Nodes that started together do not go on together. */
  private schedule(): void {
    if (this.stopped) return;
    this.timer = setTimeout(
      () => {
        this.running = this.round().finally(() => this.schedule());
      },
      INTERVAL_MS * (0.5 + Math.random()),
    );
    this.timer.unref();
  }

  private async round(): Promise<void> {
    try {
      await this.expire();
    } catch (error) {
      if (!(error instanceof QueryFailure) || error.kind === 'rejected')
        this.logger.warn(`Old hints could not be removed and are tried again: ${String(error)}`);
    }
  }
}
