import type { MigrationInterface, QueryRunner } from 'typeorm';

const STATEMENTS = [
  `create table waybill.operator (
    id uuid primary key,
    name text collate "C" not null unique,
    password text not null,
    role text not null check (role in ('viewer', 'operator', 'admin')),
    created_at timestamptz not null,
    disabled_at timestamptz,
    last_login_at timestamptz
  )`,
  `create table waybill.operator_session (
    hash char(64) primary key,
    operator_id uuid not null references waybill.operator on delete cascade,
    address text not null,
    address_group text not null,
    created_at timestamptz not null,
    last_seen_at timestamptz not null,
    expires_at timestamptz not null,
    ended_at timestamptz
  )`,
  `create index operator_session_place on waybill.operator_session (operator_id, address_group)`,
  `comment on column waybill.operator.password is 'argon2id in PHC string format.'`,
  `comment on column waybill.operator_session.hash is 'SHA-256 of the secret in the cookie.'`,
  `alter table waybill.api_key
    add column expires_at timestamptz,
    add column previous_hash char(64) unique,
    add column previous_until timestamptz,
    add column last_used_from text`,
  `comment on column waybill.api_key.previous_hash is 'Of the secret before the last rotation; good until previous_until.'`,
];

/** Operators, their sessions, and the rotation of API keys. */
export class Operators1763730000000 implements MigrationInterface {
  readonly name = 'Operators1763730000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table waybill.operator_session, waybill.operator');
    await runner.query(
      'alter table waybill.api_key drop column expires_at, drop column previous_hash, drop column previous_until, drop column last_used_from',
    );
  }
}
