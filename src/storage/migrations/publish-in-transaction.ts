import type { MigrationInterface, QueryRunner } from 'typeorm';
import { IS_TOPIC, JSON_DEEPER_THAN, REFUSE_PUBLISH, USER_TOPIC, UTF16_LENGTH, UUID_V7 } from './publish-checks.js';
import { EXPIRE_HINTS, HINTS_SINCE, PUBLISH, SEQUENCE_OUTBOX } from './publish-functions.js';
import { ALLOW_PUBLISH, CONFIGURE_NAMESPACES, COVERS_TOPIC, DISALLOW_PUBLISH, NAMESPACE_OF } from './publish-grants.js';

const TABLES = [
  `create table waybill.namespace (
    name text collate "C" primary key,
    durable boolean not null,
    keep_days int not null,
    most_bytes int not null,
    most_depth int not null,
    window_ms bigint not null
  )`,
  `create table waybill.publish_role (
    role text collate "C" primary key,
    publisher text collate "C" not null,
    topics text[] not null
  )`,
  // What they hold is of no use after a crash: an outbox is emptied by its own transaction, a hint stands before the sweep.
  `create unlogged table waybill.outbox (
    xact xid8 not null default pg_current_xact_id(),
    id bigint generated always as identity,
    topic text collate "C" not null,
    publisher text collate "C" not null,
    msg_id text collate "C" not null,
    action text collate "C" not null,
    payload text collate "C" not null,
    called_at bigint not null default waybill.clock_ms(),
    trace text collate "C",
    primary key (xact, id)
  ) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000)`,
  `create unlogged table waybill.hint (
    xact xid8 not null default pg_current_xact_id(),
    made_at bigint not null default waybill.clock_ms(),
    topic text collate "C" not null,
    epoch text collate "C" not null,
    head bigint not null,
    messages int not null
  ) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000)`,
  `create index hint_xact on waybill.hint (xact)`,
];

const TRIGGER = `create constraint trigger sequence_at_commit after insert on waybill.outbox
  deferrable initially deferred for each row execute function waybill.sequence_outbox()`;

const COMMENTS = [
  `comment on table waybill.namespace is 'Policies of namespaces as the node that started last has them; "default" holds for all others.'`,
  `comment on column waybill.namespace.most_bytes is 'Largest payload.'`,
  `comment on column waybill.namespace.most_depth is 'Deepest nesting of a payload.'`,
  `comment on column waybill.namespace.window_ms is 'How long a repeated msg_id is recognised.'`,
  `comment on table waybill.publish_role is 'Login roles that may call waybill.publish: kept by waybill.allow_publish.'`,
  `comment on table waybill.outbox is 'Publishes of transactions that have not committed yet; emptied at their commit.'`,
  `comment on table waybill.hint is 'Topics that transactions of others reached; nodes look at them and remove them.'`,
  `comment on function waybill.publish(text, text, json, text, text) is 'Publishes when the transaction commits; see docs/sql-publish.md.'`,
];

const FUNCTIONS = [
  REFUSE_PUBLISH,
  USER_TOPIC,
  IS_TOPIC,
  UTF16_LENGTH,
  JSON_DEEPER_THAN,
  UUID_V7,
  NAMESPACE_OF,
  COVERS_TOPIC,
  CONFIGURE_NAMESPACES,
  PUBLISH,
  SEQUENCE_OUTBOX,
  HINTS_SINCE,
  EXPIRE_HINTS,
  ALLOW_PUBLISH,
  DISALLOW_PUBLISH,
];

const DROPPED_FUNCTIONS = [
  'disallow_publish',
  'allow_publish',
  'expire_hints',
  'hints_since',
  'sequence_outbox',
  'publish',
  'configure_namespaces',
  'covers_topic',
  'namespace_of',
  'uuid_v7',
  'json_deeper_than',
  'utf16_length',
  'is_topic',
  'user_topic',
  'refuse_publish',
];

/** The SQL door: publishing within an application's own transaction. */
export class PublishInTransaction1763700000000 implements MigrationInterface {
  readonly name = 'PublishInTransaction1763700000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...TABLES, ...FUNCTIONS, TRIGGER, ...COMMENTS]) await runner.query(statement);
    await runner.query('revoke execute on all functions in schema waybill from public');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop trigger sequence_at_commit on waybill.outbox');
    for (const name of DROPPED_FUNCTIONS) await runner.query(`drop function waybill.${name}`);
    await runner.query('drop table waybill.hint, waybill.outbox, waybill.publish_role, waybill.namespace');
  }
}
