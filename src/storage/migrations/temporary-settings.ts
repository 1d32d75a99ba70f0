import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Settings that end by themselves, beside those that stay. Programs that do not know the column go on without them. */
export class TemporarySettings1763760100000 implements MigrationInterface {
  readonly name = 'TemporarySettings1763760100000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table waybill.settings_version add column temporary jsonb not null default '{}'`);
    await runner.query(
      `comment on column waybill.settings_version.temporary is 'Values by path with the time they end (until, milliseconds since 1970); above overrides until then.'`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table waybill.settings_version drop column temporary');
  }
}
