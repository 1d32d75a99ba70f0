import type { LogAvailability } from '../messaging/message-log.js';
import { Refusal } from '../protocol/refusal.js';
import { RETRY_AFTER_MS } from './append-failure.js';
import type { Database } from './database.js';

/** The log is worth trying while the circuit of its database is closed. */
export class DatabaseAvailability implements LogAvailability {
  constructor(private readonly database: Database) {}

  get refusal(): Refusal | undefined {
    if (this.database.circuit.state === 'closed') return undefined;
    return new Refusal('UNAVAILABLE', 'The database is away; nothing was stored.', { retryAfterMs: RETRY_AFTER_MS });
  }

  watch(work: () => void): void {
    this.database.onCircuitChange(work);
  }
}
