import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Database } from './database.js';
import { LogWitness } from './log-witness.js';

const INTERVAL_MS = 2_000;

/** Looks now and then how far the database has come, and whether it is still the one it was. */
@Injectable()
export class LogWatch implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private looking = false;

  constructor(
    private readonly database: Database,
    private readonly witness: LogWitness,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.look(), INTERVAL_MS);
    this.timer.unref();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
    this.witness.keep();
  }

  /** A database that cannot be asked is somebody else's to tell of. */
  async look(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    try {
      const [row] = await this.database.query('witness', this.witness.question);
      this.witness.note(row);
      this.witness.keep();
    } catch {
      // Asked again in two seconds.
    } finally {
      this.looking = false;
    }
  }
}
