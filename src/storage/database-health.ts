import { Injectable } from '@nestjs/common';

export interface PoolStatistics {
  /** Open connections, busy and idle. */
  readonly total: number;
  readonly idle: number;
  /** Callers waiting for a connection. */
  readonly waiting: number;
}

/** What is known of the database, from the calls that were made anyway and from a probe where there were none. */
@Injectable()
export class DatabaseHealth {
  private current: 'ok' | 'down' = 'down';
  private lastSuccessAt: number | undefined;
  private lastProblem: string | undefined;
  private statistics: () => PoolStatistics = () => ({ total: 0, idle: 0, waiting: 0 });

  /** `down` until the first call succeeded, and from a call that could not reach the database until the next success. */
  get state(): 'ok' | 'down' {
    return this.current;
  }

  /** Milliseconds since a call last succeeded; undefined where none has. */
  get lastSuccessAgeMs(): number | undefined {
    return this.lastSuccessAt === undefined ? undefined : performance.now() - this.lastSuccessAt;
  }

  /** Why it is down, as a sentence for an operator; undefined while it is ok. */
  get problem(): string | undefined {
    return this.lastProblem;
  }

  get pool(): PoolStatistics {
    return this.statistics();
  }

  watch(statistics: () => PoolStatistics): void {
    this.statistics = statistics;
  }

  succeeded(): void {
    this.current = 'ok';
    this.lastSuccessAt = performance.now();
    this.lastProblem = undefined;
  }

  failed(problem: string): void {
    this.current = 'down';
    this.lastProblem = problem;
  }
}
