import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When a client acknowledged last what a receipt says that it acknowledged. A column without a default changes no row. */
export class ReceiptAcknowledged1763760000001 implements MigrationInterface {
  readonly name = 'ReceiptAcknowledged1763760000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`set local lock_timeout = '5s'`);
    await runner.query('alter table waybill.receipt add column acked_at bigint');
    await runner.query(
      `comment on column waybill.receipt.acked_at is 'When the client acknowledged up to acked; null: nothing, or recorded before this was.'`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table waybill.receipt drop column acked_at');
  }
}
