import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * In the order of closing, by name, by name and version, and by code. The columns that are included tell what else is asked, so that a
 * search need not read every connection that it passes; Postgres takes an index on an expression for complete only with the expression's
 * own column beside it.
 */
const INDEXES = [
  `create index ledger_connection_client on waybill.ledger_connection (split_part(client, '/', 1), closed_at, id) include (client, opened_at)`,
  `create index ledger_connection_version on waybill.ledger_connection
     ((split_part(client, '/', 1) || '/' || split_part(client, '/', 2)), closed_at, id) include (client, opened_at)`,
  'create index ledger_connection_code on waybill.ledger_connection (code, closed_at, id) include (client, opened_at)',
];
const FORMER = [
  `create index ledger_connection_client on waybill.ledger_connection (split_part(client, '/', 1), closed_at, id)`,
  'create index ledger_connection_code on waybill.ledger_connection (code, closed_at, id)',
];
const DROP = 'drop index waybill.ledger_connection_client, waybill.ledger_connection_code';

/** A dump, or somebody's open transaction, holds what the changes wait for. */
const LONGEST_WAIT = `set local lock_timeout = '5s'`;

/** Indexes by which closed connections of a client or a code are found without reading those that are passed. */
export class ClientSearches1763760000000 implements MigrationInterface {
  readonly name = 'ClientSearches1763760000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [LONGEST_WAIT, DROP, ...INDEXES]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of [LONGEST_WAIT, `${DROP}, waybill.ledger_connection_version`, ...FORMER]) await runner.query(statement);
  }
}
