import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { PoolStatistics } from './database-health.js';
import { QueryFailure } from './query-failure.js';

/** No connection came free in time: the pool is too small or the database too slow, but nothing says that it is away. */
export class PoolExhausted extends Error {
  override readonly name = 'PoolExhausted';
}

const CLOSED_POLL_MS = 5;

/** What the pool of `pg` rejects with when its queue was too slow. */
const QUEUE_TIMEOUT = 'timeout exceeded when trying to connect';

/**
 * The data source's pool with what it lacks: waiting that ends, for all who wait at once too; and generations, so that connections
 * which may be dead or lead to a demoted server are replaced instead of being used again.
 */
export class ConnectionPool {
  private readonly generations = new WeakMap<pg.PoolClient, number>();
  private readonly known = new WeakSet<pg.PoolClient>();
  private readonly waiting = new Set<(reason: QueryFailure) => void>();
  private generation = 0;
  /** Connections whose farewell the server has not answered. */
  private open: number;

  constructor(
    private readonly pool: pg.Pool,
    private readonly onWaited: (milliseconds: number) => void,
    onIdleError: () => void,
  ) {
    this.open = pool.totalCount;
    pool.on('connect', (client) => {
      this.open += 1;
      this.generations.set(client, this.generation);
    });
    pool.on('remove', () => {
      this.open -= 1;
    });
    pool.on('acquire', (client) => this.know(client));
    pool.on('error', onIdleError);
  }

  get statistics(): PoolStatistics {
    const { totalCount: total, idleCount: idle, waitingCount: waiting } = this.pool;
    return { total, idle, waiting };
  }

  /** Resolves when the connections of an ended pool are gone, which its own end does not wait for; after `longestMs` at the latest. */
  async closed(longestMs: number): Promise<void> {
    const deadline = performance.now() + longestMs;
    while (this.open > 0 && performance.now() < deadline) await delay(CLOSED_POLL_MS);
  }

  /** A connection, before `deadline` (of `performance.now()`). Rejects with `QueryFailure` of the kind `unreachable`. */
  async acquire(deadline: number): Promise<pg.PoolClient> {
    const began = performance.now();
    try {
      for (;;) {
        const client = await this.next(deadline);
        if (this.isCurrent(client)) return client;
        discard(client);
      }
    } finally {
      this.onWaited(performance.now() - began);
    }
  }

  /** Gives a connection back; what is not kept is closed. */
  release(client: pg.PoolClient, keep: boolean): void {
    if (keep && this.isCurrent(client)) client.release();
    else discard(client);
  }

  /** No connection that is open now is used for another call. */
  renew(): void {
    this.generation += 1;
  }

  /** Whoever waits for a connection stops waiting. */
  refuseWaiting(reason: QueryFailure): void {
    for (const refuse of this.waiting) refuse(reason);
  }

  /** Opens this many connections, so that the first calls need not wait for them. */
  async warmUp(count: number, deadline: number): Promise<void> {
    const clients = await Promise.all(Array.from({ length: count }, () => this.acquire(deadline)));
    for (const client of clients) this.release(client, true);
  }

  /** The pool listens to idle connections only; without this listener an end in mid-call would end the process. */
  private know(client: pg.PoolClient): void {
    if (this.known.has(client)) return;
    this.known.add(client);
    client.on('error', ignore);
  }

  /** Those that were opened before this object existed are of the first generation. */
  private isCurrent(client: pg.PoolClient): boolean {
    return (this.generations.get(client) ?? 0) === this.generation;
  }

  private next(deadline: number): Promise<pg.PoolClient> {
    return new Promise((resolve, reject) => {
      const refuse = (reason: QueryFailure): void => {
        clearTimeout(timer);
        this.waiting.delete(refuse);
        reject(reason);
      };
      const timer = setTimeout(() => refuse(QueryFailure.connecting(this.tooLate())), deadline - performance.now());
      this.waiting.add(refuse);
      this.pool.connect().then(
        (client) => {
          // Too late for this call, and as good as any for the next.
          if (!this.waiting.delete(refuse)) return this.release(client, true);
          clearTimeout(timer);
          resolve(client);
        },
        (error: unknown) => {
          if (this.waiting.has(refuse)) refuse(QueryFailure.connecting(isQueueTimeout(error) ? this.tooLate() : error));
        },
      );
    });
  }

  private tooLate(): PoolExhausted {
    const { total, waiting } = this.statistics;
    return new PoolExhausted(`none of the ${total} connections came free in time, ${waiting} callers wait (option storage.poolSize)`);
  }
}

/** Without a farewell, for which a silent server would keep the pool's queue waiting. */
function discard(client: pg.PoolClient): void {
  client.release(true);
  streamOf(client).destroy();
}

/** What ended a call is what the call rejects with. */
function ignore(): void {
  return;
}

function isQueueTimeout(error: unknown): boolean {
  return error instanceof Error && error.message === QUEUE_TIMEOUT;
}

/** The socket below a connection, which the types of `pg` do not show. */
function streamOf(client: pg.PoolClient): { destroy(): void } {
  return (client as unknown as { readonly connection: { readonly stream: { destroy(): void } } }).connection.stream;
}
