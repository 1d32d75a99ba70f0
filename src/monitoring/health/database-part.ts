import type { DatabaseHealth } from '../../storage/database-health.js';
import { type HealthPart, OK, type PartCheck } from './health-part.js';

/** Postgres, as the calls that were made and the storage's own probe found it. */
export class DatabasePart implements HealthPart {
  readonly name = 'database';
  readonly affects =
    'durable publishes, joining a durable topic with what was missed, history, sign-in, and the record of deliveries; connections stay, and ephemeral topics work';

  constructor(private readonly database: DatabaseHealth) {}

  check(): PartCheck {
    const { state, problem, pool } = this.database;
    if (state === 'down')
      return { state: 'down', detail: `${problem ?? 'not connected yet'}; durable publishes answer UNAVAILABLE, ephemeral topics work` };
    if (pool.waiting <= pool.total) return OK;
    return { state: 'degraded', detail: `${pool.waiting} callers wait for one of ${pool.total} connections; see storage.poolSize` };
  }
}
