import type { MigrationInterface, QueryRunner } from 'typeorm';

const GENESIS = '0'.repeat(64);

const TABLES = [
  `create table waybill.audit (
    id bigint primary key,
    at timestamptz(3) not null,
    node text not null,
    actor text not null,
    action text not null,
    target text not null,
    result text not null,
    address text,
    trace_id text,
    before jsonb,
    after jsonb,
    digest text collate "C" not null,
    prev_hash text collate "C" not null,
    hash text collate "C" not null
  )`,
  'create index audit_actor on waybill.audit (actor, id)',
  'create index audit_action on waybill.audit (action, id)',
  'create index audit_target on waybill.audit (target, id)',
  'create index audit_at on waybill.audit (at)',
  `create table waybill.audit_head (
    only_row boolean primary key default true check (only_row),
    count bigint not null,
    hash text collate "C" not null
  )`,
  `insert into waybill.audit_head (count, hash) values (0, '${GENESIS}')`,
];

const FUNCTIONS = [
  // Whoever inserts waits for the head's row, on whatever node: so numbers have no gaps and each row names the one before it.
  `create function waybill.chain_audit()
  returns trigger
  language plpgsql security definer
  set search_path = waybill, pg_catalog, pg_temp
  as $function$
  declare
    v_head audit_head;
  begin
    select * into v_head from audit_head for update;
    new.id := v_head.count + 1;
    new.prev_hash := v_head.hash;
    new.hash := encode(sha256(convert_to(new.prev_hash || ':' || new.id || ':' || new.digest, 'UTF8')), 'hex');
    update audit_head set count = new.id, hash = new.hash;
    return new;
  end
  $function$`,
  `create function waybill.refuse_audit_change()
  returns trigger
  language plpgsql
  as $function$
  begin
    raise exception '% of % is refused: the audit trail is only ever added to', tg_op, tg_table_name using errcode = 'insufficient_privilege';
  end
  $function$`,
  `create function waybill.advance_audit_head()
  returns trigger
  language plpgsql
  as $function$
  begin
    if new.count = old.count + 1 and new.hash <> old.hash then
      return new;
    end if;
    raise exception 'the head of the audit trail only ever goes forward, one entry at a time' using errcode = 'insufficient_privilege';
  end
  $function$`,
];

/** Always: also for a session that plays the part of a replica, which skips ordinary triggers. */
const TRIGGERS = [
  'create trigger chain before insert on waybill.audit for each row execute function waybill.chain_audit()',
  'create trigger only_added_to before update or delete or truncate on waybill.audit for each statement execute function waybill.refuse_audit_change()',
  'create trigger only_one before insert or delete or truncate on waybill.audit_head for each statement execute function waybill.refuse_audit_change()',
  'create trigger only_forward before update on waybill.audit_head for each row execute function waybill.advance_audit_head()',
  'alter table waybill.audit enable always trigger chain',
  'alter table waybill.audit enable always trigger only_added_to',
  'alter table waybill.audit_head enable always trigger only_one',
  'alter table waybill.audit_head enable always trigger only_forward',
];

/** Of the owner too: it could grant itself these rights again, and would still meet the triggers. */
const RIGHTS = [
  'revoke update, delete, truncate on waybill.audit from current_user, public',
  'revoke delete, truncate on waybill.audit_head from current_user, public',
  'revoke execute on function waybill.chain_audit(), waybill.refuse_audit_change(), waybill.advance_audit_head() from public',
];

const COMMENTS = [
  `comment on table waybill.audit is 'What operators did and tried, chained by hashes; only ever added to. docs/audit.md.'`,
  `comment on column waybill.audit.digest is 'SHA-256 of the entry in canonical JSON (RFC 8785).'`,
  `comment on column waybill.audit.hash is 'SHA-256 of prev_hash:id:digest.'`,
  `comment on table waybill.audit_head is 'How many entries there are and the hash of the last: the tail cannot be cut unseen.'`,
];

/** The audit trail: a table that is only ever added to, each row naming the one before it by its hash. */
export class CreateAudit1763740000000 implements MigrationInterface {
  readonly name = 'CreateAudit1763740000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...TABLES, ...FUNCTIONS, ...TRIGGERS, ...RIGHTS, ...COMMENTS]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table waybill.audit, waybill.audit_head');
    await runner.query('drop function waybill.chain_audit(), waybill.refuse_audit_change(), waybill.advance_audit_head()');
  }
}
