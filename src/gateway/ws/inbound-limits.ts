import type { Refusal } from '../../protocol/refusal.js';
import { CommandRates } from '../limits/command-rates.js';
import type { Cost } from '../limits/cost.js';
import type { Connection } from './connection.js';
import { WindowCount } from './window-count.js';

const MINUTE_MS = 60_000;
const SECOND_MS = 1_000;

/** What one peer may send: counts of bad frames, of commands, of those that failed, and of pings. Each count exists only once it is needed. */
export class InboundLimits {
  private strikes: WindowCount | undefined;
  private refusals: WindowCount | undefined;
  private failures: WindowCount | undefined;
  private pings: WindowCount | undefined;
  private readonly rates: CommandRates;

  constructor(private readonly connection: Connection) {
    this.rates = new CommandRates(connection.services.limits);
  }

  /** A malformed frame or an unknown action came; too many within a minute close the connection. */
  strike(): void {
    const { strikes } = this.connection.services.live.current.gateway;
    this.strikes ??= new WindowCount(MINUTE_MS);
    if (this.strikes.add(performance.now()) >= strikes) this.connection.close('BAD_FRAMES');
  }

  /** A command failed by a defect of ours. A peer whose commands keep doing that is closed, after the reply that says so. */
  failure(): void {
    const { failedCommands } = this.connection.services.live.current.gateway;
    if (failedCommands === 0) return;
    this.failures ??= new WindowCount(MINUTE_MS);
    if (this.failures.add(performance.now()) < failedCommands) return;
    setImmediate(() => this.connection.close('INTERNAL_ERROR', 'too many commands failed'));
  }

  /** Takes what a command costs. Undefined where every limit allows it. */
  rate(cost: Cost, data: unknown): Refusal | undefined {
    const { connection } = this;
    return this.rates.admit(cost, data, connection.isAuthenticated ? connection.principal : undefined);
  }

  /** A command was refused for a rate. A peer that goes on after it was told so often enough is closed, since refusing costs too. */
  abuse(retryAfterMs: number | undefined): void {
    const { strikes } = this.connection.services.live.current.limits;
    this.refusals ??= new WindowCount(MINUTE_MS);
    if (this.refusals.add(performance.now()) <= strikes || strikes === 0) return;
    this.connection.close('RATE_LIMITED', 'commands kept coming after RATE_LIMITED (option limits.strikes)', retryAfterMs);
  }

  /** A ping came; a flood of them closes the connection. Answers whether it may be answered. */
  ping(): boolean {
    this.pings ??= new WindowCount(SECOND_MS);
    if (this.pings.add(performance.now()) <= this.connection.services.live.current.gateway.pingsPerSecond) return true;
    this.connection.close('POLICY_VIOLATION', 'too many pings');
    return false;
  }
}
