import type { MigrationInterface, QueryRunner } from 'typeorm';

const STATEMENTS = [
  `create sequence waybill.revocation_change`,
  `create table waybill.revocation (
    id uuid primary key,
    kind text not null check (kind in ('token', 'renewed', 'user', 'everyone', 'device', 'device_key', 'block')),
    subject text collate "C" not null,
    issued_before timestamptz,
    effective_at timestamptz not null,
    expires_at timestamptz,
    reason text not null,
    created_by text not null,
    created_at timestamptz not null,
    removed_at timestamptz,
    change bigint not null unique
  )`,
  `create index revocation_expiry on waybill.revocation (expires_at)`,
  `create unique index revocation_block on waybill.revocation (subject) where kind = 'block' and removed_at is null`,
  `comment on table waybill.revocation is 'Tokens that ended before their time, and users who are kept out.'`,
  `comment on column waybill.revocation.subject is 'Id of a token (token, renewed), a user (user, block) or the tenure of a device; empty for everyone.'`,
  `comment on column waybill.revocation.issued_before is 'user and everyone: tokens issued before this moment.'`,
  `comment on column waybill.revocation.expires_at is 'After this no such token can be good any more; null: a block without an end.'`,
  `comment on column waybill.revocation.change is 'Rises with every insert and removal, in the order of their commits.'`,
];

/** Revocations of tokens, and blocks of users. */
export class Revocations1763710000000 implements MigrationInterface {
  readonly name = 'Revocations1763710000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table waybill.revocation');
    await runner.query('drop sequence waybill.revocation_change');
  }
}
