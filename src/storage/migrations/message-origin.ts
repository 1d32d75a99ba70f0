import type { MigrationInterface, QueryRunner } from 'typeorm';
import { APPEND_WITH_ORIGINS } from './append-messages.js';
import { SEQUENCE_OUTBOX, SEQUENCE_OUTBOX_WITH_ORIGINS } from './publish-functions.js';

/** A dump, or somebody's open transaction, holds what the changes wait for; everybody who publishes waits behind them. */
const LONGEST_WAIT = `set local lock_timeout = '5s'`;

const TABLES = [
  `alter table waybill.message add column origin text collate "C", add column erased_at bigint`,
  `alter table waybill.outbox add column origin text collate "C"`,
  // Whoever calls waybill.publish, not its owner.
  `alter table waybill.outbox alter column origin set default '- ' || coalesce(host(inet_client_addr()), '-') || ' ' || session_user`,
];

const COMMENTS = [
  `comment on column waybill.message.origin is 'Connection, address and database role that it came from; - where one is not known.'`,
  `comment on column waybill.message.erased_at is 'When its payload was erased with its publisher.'`,
];

/** The id first: people look for a message by its id alone, and repeats are looked for by all three. */
const IDENTITY = 'create index message_identity on waybill.message (msg_id, publisher, (topic_id + 0))';
const FORMER_IDENTITY = 'create index message_identity on waybill.message (publisher, msg_id, (topic_id + 0))';

const replacing = (made: string): string => made.replace('create function', 'create or replace function');

/** Where messages come from, a mark for those that were erased, and the search by an id alone. */
export class MessageOrigin1763750001000 implements MigrationInterface {
  readonly name = 'MessageOrigin1763750001000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(LONGEST_WAIT);
    for (const statement of [...TABLES, ...COMMENTS]) await runner.query(statement);
    await runner.query('drop index waybill.message_identity');
    await runner.query(IDENTITY);
    await runner.query(APPEND_WITH_ORIGINS);
    await runner.query(replacing(SEQUENCE_OUTBOX_WITH_ORIGINS));
    await runner.query('revoke execute on all functions in schema waybill from public');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(replacing(SEQUENCE_OUTBOX));
    await runner.query(
      'drop function waybill.append_messages(text[], int[], int[], text[], text[], text[], text[], bigint[], float8[], text[], text[], text[], bigint, boolean)',
    );
    await runner.query('drop index waybill.message_identity');
    await runner.query(FORMER_IDENTITY);
    await runner.query('alter table waybill.outbox drop column origin');
    await runner.query('alter table waybill.message drop column origin, drop column erased_at');
  }
}
