import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Config } from '../config/config.js';
import { HintSource } from './hint-source.js';
import { Hub } from './hub.js';

/** Asks for hints, and has the hub look at the topics they name. While nobody listens to a durable topic here, nothing is asked. */
@Injectable()
export class HintPoll implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(HintPoll.name);
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private stopped = false;
  private failing = false;

  constructor(
    private readonly source: HintSource,
    private readonly hub: Hub,
    private readonly config: Config,
  ) {}

  onApplicationBootstrap(): void {
    this.schedule();
  }

  /** The database is still there when this resolves. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private schedule(): void {
    const { hintPollMs } = this.config.messaging;
    if (this.stopped || hintPollMs === 0) return;
    this.timer = setTimeout(() => {
      this.running = this.poll().finally(() => this.schedule());
    }, hintPollMs);
    this.timer.unref();
  }

  private async poll(): Promise<void> {
    if (!this.hub.listensToLog) return;
    try {
      this.hub.hint(await this.source.read());
      this.failing = false;
    } catch (error) {
      // Once, not five times a second; who cannot reach the database says so elsewhere.
      if (!this.failing) this.logger.warn(`hints cannot be read now; the sweep of heads stands in for them: ${(error as Error).message}`);
      this.failing = true;
    }
  }
}
