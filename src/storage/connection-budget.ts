import type pg from 'pg';

/** What a server grants this user, and what others have of it. */
export interface ConnectionBudget {
  /** Most connections that ordinary users may have: those kept for administrators are taken off. */
  readonly allowed: number;
  /** What sets that limit, as a sentence names it. */
  readonly limit: string;
  /** Connections that others have now. */
  readonly taken: number;
  /** A pooler stands between: its connections are not the server's, so the figures say nothing. */
  readonly pooled: boolean;
}

export interface BudgetFinding {
  /** Whether this node alone could open its pool. */
  readonly fits: boolean;
  readonly sentence: string;
}

/** The lock of a migration and the two connections that migrate: a rolling start needs them beside the pools. */
const MIGRATING = 3;

const FIGURES = `
select current_setting('max_connections')::int as max,
       current_setting('superuser_reserved_connections')::int + coalesce(current_setting('reserved_connections', true)::int, 0) as reserved,
       (select rolconnlimit from pg_roles where rolname = current_user) as of_role,
       (select datconnlimit from pg_database where datname = current_database()) as of_database,
       (select count(*)::int from pg_stat_activity where datid is not null and usesysid is not null and pid <> pg_backend_pid()) as taken,
       pg_backend_pid() as pid`;

interface Figures {
  readonly max: number;
  readonly reserved: number;
  /** -1: no limit. */
  readonly of_role: number;
  readonly of_database: number;
  readonly taken: number;
  readonly pid: number;
}

/** Asks the server. A pooler gives its clients a process id of its own invention, by which it is known. */
export async function readBudget(client: pg.Client): Promise<ConnectionBudget> {
  const { rows } = await client.query<Figures>(FIGURES);
  const { max, reserved, of_role: ofRole, of_database: ofDatabase, taken, pid } = rows[0] as Figures;
  const limits: readonly (readonly [number, string])[] = [
    [max - reserved, `max_connections is ${max}, of which ${reserved} are reserved`],
    [ofRole < 0 ? Infinity : ofRole, `the user's connection limit is ${ofRole}`],
    [ofDatabase < 0 ? Infinity : ofDatabase, `the database's connection limit is ${ofDatabase}`],
  ];
  const [allowed, limit] = limits.reduce((least, each) => (each[0] < least[0] ? each : least));
  return { allowed, limit, taken, pooled: (client as unknown as { readonly processID: number }).processID !== pid };
}

/** What is wrong with a pool of this size on such a server, and what to do; undefined where nothing is. */
export function judgeBudget({ allowed, limit, taken, pooled }: ConnectionBudget, poolSize: number): BudgetFinding | undefined {
  if (pooled) return undefined;
  if (poolSize + MIGRATING > allowed) {
    return {
      fits: false,
      sentence: `WAYBILL_DB_POOL: ${poolSize} connections, and ${MIGRATING} while a node starts, are more than the database grants: ${limit}. Lower the option to ${Math.max(0, allowed - MIGRATING)} at most, or raise that limit.`,
    };
  }
  if (taken + poolSize + MIGRATING <= allowed) return undefined;
  return {
    fits: true,
    sentence: `WAYBILL_DB_POOL: ${poolSize} connections may not be had: others have ${taken} of the ${allowed} that the database grants (${limit}), and a start needs ${MIGRATING} more. Lower the option on every node, raise that limit, or put PgBouncer between; docs/database.md has the sum.`,
  };
}
