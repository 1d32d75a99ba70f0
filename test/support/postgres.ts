import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';

export interface TestDatabase {
  readonly url: string;
  /** Removes the database, connections to it included. */
  drop(): Promise<void>;
}

/** An empty database of its own on the Postgres of this test run. */
export function freshDatabase(): Promise<TestDatabase> {
  return copyOf('template0');
}

/** A copy of another database of this server. */
export async function copyOf(original: string): Promise<TestDatabase> {
  const server = inject('postgresUrl');
  const name = `test_${randomBytes(8).toString('hex')}`;
  await execute(server, `CREATE DATABASE ${name} TEMPLATE ${original}`);
  return { url: urlOf(name), drop: () => execute(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

export function urlOf(database: string): string {
  const url = new URL(inject('postgresUrl'));
  url.pathname = `/${database}`;
  return url.href;
}

export async function execute(url: string, statement: string): Promise<void> {
  await withClient(url, (client) => client.query(statement));
}

export async function withClient(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
