import type { Connection } from './connection.js';
import { RateBucket } from './rate-bucket.js';
import { WindowCount } from './window-count.js';

const MINUTE_MS = 60_000;
const SECOND_MS = 1_000;

/** What one peer may send: counts of bad frames, of commands, of those that failed, and of pings. Each count exists only once it is needed. */
export class InboundLimits {
  private strikes: WindowCount | undefined;
  private refusals: WindowCount | undefined;
  private failures: WindowCount | undefined;
  private pings: WindowCount | undefined;
  private bucket: RateBucket | undefined;

  constructor(private readonly connection: Connection) {}

  /** A malformed frame or an unknown action came; too many within a minute close the connection. */
  strike(): void {
    const { strikes } = this.connection.services.config;
    this.strikes ??= new WindowCount(MINUTE_MS);
    if (this.strikes.add(performance.now()) >= strikes) this.connection.close('BAD_FRAMES');
  }

  /** A command failed by a defect of ours. A peer whose commands keep doing that is closed, after the reply that says so. */
  failure(): void {
    const { failedCommands } = this.connection.services.config;
    if (failedCommands === 0) return;
    this.failures ??= new WindowCount(MINUTE_MS);
    if (this.failures.add(performance.now()) < failedCommands) return;
    setImmediate(() => this.connection.close('INTERNAL_ERROR', 'too many commands failed'));
  }

  /** Takes one command from the rate. Answers 0, or how long to wait in milliseconds. */
  rate(): number {
    const { commandsPerSecond } = this.connection.services.config;
    if (commandsPerSecond === 0) return 0;
    const now = performance.now();
    this.bucket ??= new RateBucket(commandsPerSecond, now);
    return this.bucket.take(now);
  }

  /** A command was refused for its rate. One burst too many is forgiven; a peer that goes on within the minute is closed. */
  abuse(): void {
    const { services } = this.connection;
    services.telemetry.rateLimited('connection');
    const forgiven = Math.max(services.config.strikes, services.config.commandsPerSecond * 2);
    this.refusals ??= new WindowCount(MINUTE_MS);
    if (this.refusals.add(performance.now()) > forgiven) this.connection.close('RATE_LIMITED');
  }

  /** A ping came; a flood of them closes the connection. Answers whether it may be answered. */
  ping(): boolean {
    this.pings ??= new WindowCount(SECOND_MS);
    if (this.pings.add(performance.now()) <= this.connection.services.config.pingsPerSecond) return true;
    this.connection.close('POLICY_VIOLATION', 'too many pings');
    return false;
  }
}
