import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = [
  `create table waybill.device (
    id text collate "C" primary key,
    user_id text collate "C" not null,
    roles text[] not null default '{}',
    grants jsonb not null,
    tenure uuid not null,
    created_at timestamptz not null default now(),
    disabled_at timestamptz,
    last_seen_at timestamptz
  )`,
  `create table waybill.device_key (
    id uuid primary key,
    device_id text collate "C" not null references waybill.device on delete cascade,
    kind text not null,
    public_key bytea,
    sealed_key bytea,
    sealed_with text,
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    check (
      (kind = 'ed25519' and length(public_key) = 32 and sealed_key is null and sealed_with is null)
      or (kind = 'hmac' and public_key is null and sealed_key is not null and sealed_with is not null)
    )
  )`,
  `create index device_key_device on waybill.device_key (device_id)`,
  `create table waybill.device_answer (
    nonce bytea primary key,
    expires_at timestamptz not null
  )`,
  `create index device_answer_expiry on waybill.device_answer (expires_at)`,
];

const COMMENTS = [
  `comment on column waybill.device.tenure is 'Named by tokens of the device; changed when those that are out shall be worth nothing.'`,
  `comment on column waybill.device_key.sealed_key is 'Nonce, AES-256-GCM ciphertext and tag; ids of device and key are the associated data.'`,
  `comment on column waybill.device_key.sealed_with is 'Id of the sealing key, which is not in the database.'`,
  `comment on table waybill.device_answer is 'SHA-256 of nonces that were answered well, until they are too old.'`,
];

/** Devices, their keys, and the challenges that were answered. */
export class CreateDevices1763720000000 implements MigrationInterface {
  readonly name = 'CreateDevices1763720000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...TABLES, ...COMMENTS]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table waybill.device_answer, waybill.device_key, waybill.device');
  }
}
