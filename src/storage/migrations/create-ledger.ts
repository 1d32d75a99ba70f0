import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = [
  `create table waybill.ledger_run (
    run int generated always as identity primary key,
    node text collate "C" not null,
    home text collate "C" not null default '',
    started_at bigint not null,
    recorded_to bigint not null,
    seen_at bigint not null,
    ended_at bigint,
    lost_at bigint,
    gaps bigint[] not null default '{}',
    kept jsonb not null default '{}'
  )`,
  `create table waybill.ledger_stream (
    id bigint generated always as identity primary key,
    topic text collate "C" not null,
    epoch text collate "C" not null,
    used_at bigint not null default waybill.clock_ms(),
    unique (topic, epoch)
  )`,
  // Room in the page, so that a receipt that closes stays where it is.
  `create table waybill.receipt (
    run int not null,
    no bigint not null,
    stream bigint not null,
    user_id text collate "C" not null,
    connection uuid not null,
    opened_at bigint not null,
    after_seq bigint not null,
    recovered_to bigint not null default 0,
    offered bigint,
    handed bigint,
    written bigint,
    acked bigint not null default 0,
    lagged boolean not null default false,
    exceptions bigint[],
    head bigint,
    closed_at bigint,
    primary key (run, no)
  ) with (fillfactor = 80)`,
  `create index receipt_user on waybill.receipt (user_id, stream, opened_at)`,
  `create index receipt_connection on waybill.receipt (connection)`,
  // Which receipts cover a message is a question about intervals, one for each stream; an ordered index would read half of a stream's.
  `create index receipt_span on waybill.receipt using gist (
    box(point(stream, after_seq + 1), point(stream, greatest(coalesce(head, 9007199254740991), after_seq + 1)))
  )`,
  // Retention walks it; an index by blocks would lose its order as room is used again.
  `create index receipt_closed_at on waybill.receipt (closed_at, run, no)`,
  `create table waybill.ledger_position (
    run int not null,
    stream bigint not null,
    seq bigint not null,
    at bigint not null,
    marks bigint[] not null,
    primary key (stream, run)
  ) with (fillfactor = 70)`,
  // The number makes a repeat of the same record harmless.
  `create table waybill.ledger_fetch (
    run int not null,
    no bigint not null,
    stream bigint not null,
    user_id text collate "C" not null,
    connection uuid,
    from_seq bigint not null,
    to_seq bigint not null,
    at bigint not null,
    primary key (run, no)
  )`,
  `create index ledger_fetch_user on waybill.ledger_fetch (user_id, stream, at)`,
  `create index ledger_fetch_stream on waybill.ledger_fetch (stream, at)`,
  `create index ledger_fetch_at on waybill.ledger_fetch (at, run, no)`,
  `create table waybill.ledger_connection (
    id uuid primary key,
    run int not null,
    ref text collate "C" not null,
    user_id text collate "C",
    address text collate "C" not null,
    client text collate "C",
    node text collate "C" not null,
    opened_at bigint not null,
    closed_at bigint not null,
    code int not null,
    reason text not null,
    view jsonb not null,
    events jsonb not null,
    forgotten int not null
  )`,
  `create index ledger_connection_closed_at on waybill.ledger_connection (closed_at, id)`,
  `create index ledger_connection_user on waybill.ledger_connection (user_id, closed_at, id)`,
  `create index ledger_connection_ref on waybill.ledger_connection (ref)`,
  `create index ledger_connection_address on waybill.ledger_connection (address, closed_at, id)`,
  `create table waybill.ledger_refusal (
    id bigint generated always as identity primary key,
    run int not null,
    user_id text collate "C" not null,
    kind text not null,
    code text not null,
    rule text,
    message text not null,
    topic text collate "C",
    connection uuid,
    ref text,
    first_at bigint not null,
    last_at bigint not null,
    count bigint not null
  )`,
  `create unique index ledger_refusal_same on waybill.ledger_refusal (user_id, run, kind, code, (coalesce(rule, '')), (coalesce(topic, '')), first_at)`,
  `create index ledger_refusal_last_at on waybill.ledger_refusal (last_at, id)`,
  `create table waybill.ledger_erasure (
    user_hash text collate "C" primary key,
    begun_at bigint not null,
    erased_at bigint not null
  )`,
];

const COMMENTS = [
  `comment on table waybill.ledger_run is 'One row for each start of a node; times are milliseconds since the epoch, as all times of the ledger are.'`,
  `comment on column waybill.ledger_run.home is 'Host and data directory: two runs of one home follow one another.'`,
  `comment on column waybill.ledger_run.kept is 'Seconds that this run keeps receipts, by namespace; 0: for ever, -1: it keeps none.'`,
  `comment on column waybill.ledger_run.recorded_to is 'Everything this run did until then is recorded.'`,
  `comment on column waybill.ledger_run.gaps is 'Times of which records were dropped: from, to, from, to.'`,
  `comment on table waybill.receipt is 'What one subscription was owed and given of one epoch of a topic.'`,
  `comment on column waybill.receipt.offered is 'Null while open with handed and written, where the position of its node says it.'`,
  `comment on column waybill.receipt.exceptions is 'Messages that it was not given: from, to, reason (a place in the list of reasons), and so on.'`,
  `comment on column waybill.receipt.head is 'Highest seq that the node knew of when it closed.'`,
  `comment on table waybill.ledger_position is 'How far a run has come with a topic; marks: seq, time, seq, time.'`,
  `comment on column waybill.ledger_stream.used_at is 'When a node last looked it up: what was used lately is not removed.'`,
  `comment on table waybill.ledger_erasure is 'Users that were erased, by the SHA-256 of their id in hexadecimal.'`,
  `comment on column waybill.ledger_erasure.begun_at is 'What began until then is never recorded any more.'`,
  `comment on column waybill.ledger_erasure.erased_at is 'When the erasure was complete: of what was before, nothing is known.'`,
];

const DROPPED = ['erasure', 'refusal', 'connection', 'fetch', 'position', 'stream', 'run'];

/** Receipts, and what else is recorded of deliveries and connections. */
export class CreateLedger1763750000000 implements MigrationInterface {
  readonly name = 'CreateLedger1763750000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...TABLES, ...COMMENTS]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table waybill.receipt, ${DROPPED.map((name) => `waybill.ledger_${name}`).join(', ')}`);
  }
}
