import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A dump, or somebody's open transaction, holds what the change waits for. */
const LONGEST_WAIT = `set local lock_timeout = '5s'`;

/** Runs tell whether a Redis joins them with others, so that nodes without one do not share a database unknowingly. */
export class JoinedRuns1763770100000 implements MigrationInterface {
  readonly name = 'JoinedRuns1763770100000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(LONGEST_WAIT);
    await runner.query('alter table waybill.ledger_run add column joined boolean');
    await runner.query(
      `comment on column waybill.ledger_run.joined is 'Whether a Redis joins this run with other nodes; null: of a release that did not tell.'`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(LONGEST_WAIT);
    await runner.query('alter table waybill.ledger_run drop column joined');
  }
}
