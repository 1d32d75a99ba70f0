import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What operators set while the program ran: every version is kept, the newest is in force. */
export class CreateSettings1763740000001 implements MigrationInterface {
  readonly name = 'CreateSettings1763740000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create table waybill.settings_version (
      version bigint primary key check (version > 0),
      at timestamptz(3) not null,
      actor text not null,
      overrides jsonb not null,
      comment text not null
    )`);
    await runner.query(
      `comment on table waybill.settings_version is 'Settings that operators changed at run time, all of them in each version; the newest is in force.'`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table waybill.settings_version');
  }
}
