import type { Logger } from '@nestjs/common';
import { QueryFailure } from './query-failure.js';

export interface RoundsOptions {
  /** Mean time between the end of a round and the next one, milliseconds. Each wait is drawn anew: nodes that started together do not go on together. */
  readonly everyMs: number;
  /** Looks at `stopped` between its pieces. */
  readonly round: () => Promise<void>;
  /** What to say of a round that failed, with when it is tried again. */
  readonly failure: string;
}

/**
 * A round of upkeep every so often, never two at once, until the node stops. A round that fails ends no others; where the database is
 * away nothing is said of it, as its health says so.
 */
export class Rounds {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private isStopped = false;

  constructor(
    private readonly logger: Pick<Logger, 'warn'>,
    private readonly options: RoundsOptions,
  ) {}

  get stopped(): boolean {
    return this.isStopped;
  }

  start(): void {
    if (this.isStopped) return;
    this.timer = setTimeout(
      () => {
        this.running = this.run().finally(() => this.start());
      },
      this.options.everyMs * (0.5 + Math.random()),
    );
    this.timer.unref();
  }

  /** Resolves when a round that is under way has ended. */
  async stop(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private async run(): Promise<void> {
    try {
      await this.options.round();
    } catch (error) {
      if (error instanceof QueryFailure && error.kind !== 'rejected') return;
      this.logger.warn(`${this.options.failure}: ${String(error)}`);
    }
  }
}
