import { Injectable } from '@nestjs/common';
import type { CircuitState } from './circuit-breaker.js';

export interface PoolStatistics {
  /** Open connections, busy and idle. */
  readonly total: number;
  readonly idle: number;
  /** Callers waiting for a connection. */
  readonly waiting: number;
}

/** Where the numbers and the state are read. */
export interface WatchedDatabase {
  pool(): PoolStatistics;
  circuit(): CircuitState;
  /** Why the circuit is not closed; undefined while it is. */
  problem(): string | undefined;
}

const NOT_THERE_YET: WatchedDatabase = {
  pool: () => ({ total: 0, idle: 0, waiting: 0 }),
  circuit: () => 'closed',
  problem: () => undefined,
};

/** What is known of the database, from the calls that were made anyway and from a probe where there were none. */
@Injectable()
export class DatabaseHealth {
  private lastSuccessAt: number | undefined;
  private database = NOT_THERE_YET;

  /** `down` until the first call succeeded, and while the circuit is not closed. */
  get state(): 'ok' | 'down' {
    return this.lastSuccessAt === undefined || this.circuit !== 'closed' ? 'down' : 'ok';
  }

  /** Milliseconds since a call last succeeded; undefined where none has. */
  get lastSuccessAgeMs(): number | undefined {
    return this.lastSuccessAt === undefined ? undefined : performance.now() - this.lastSuccessAt;
  }

  /** Why it is down, as a sentence for an operator; undefined while it is ok. */
  get problem(): string | undefined {
    return this.database.problem();
  }

  get circuit(): CircuitState {
    return this.database.circuit();
  }

  get pool(): PoolStatistics {
    return this.database.pool();
  }

  watch(database: WatchedDatabase): void {
    this.database = database;
  }

  succeeded(): void {
    this.lastSuccessAt = performance.now();
  }
}
