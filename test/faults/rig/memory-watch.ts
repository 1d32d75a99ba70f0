import { residentBytes } from './processes.js';

const EVERY_MS = 100;

/** Follows how much memory a process takes. */
export class MemoryWatch {
  private readonly before: number;
  private most: number;
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly pid: number) {
    this.before = residentBytes(pid);
    this.most = this.before;
    this.timer = setInterval(() => this.look(), EVERY_MS);
    this.timer.unref();
  }

  /** Megabytes (10^6) above the beginning, at most. */
  end(): number {
    clearInterval(this.timer);
    this.look();
    return Math.round((this.most - this.before) / 1e5) / 10;
  }

  private look(): void {
    try {
      this.most = Math.max(this.most, residentBytes(this.pid));
    } catch {
      // The process has ended; what the test says of that is said elsewhere.
      clearInterval(this.timer);
    }
  }
}
