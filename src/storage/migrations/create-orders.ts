import type { MigrationInterface, QueryRunner } from 'typeorm';

const STATEMENTS = [
  `create sequence waybill.control_order_change`,
  `create table waybill.control_order (
    id text primary key,
    change bigint not null unique,
    kind text not null,
    node text not null,
    made_by text not null,
    made_at timestamptz(3) not null default now(),
    holds_until timestamptz(3) not null,
    ended_at timestamptz(3),
    body jsonb not null
  )`,
  `create index control_order_end on waybill.control_order (holds_until)`,
  `create unique index control_order_alone on waybill.control_order (kind) where kind = 'disconnect.many' and ended_at is null`,
  `comment on table waybill.control_order is 'What operators ordered of every node: each node carries out once what it has not seen.'`,
  `comment on column waybill.control_order.change is 'Rises with every order, in the order of their commits.'`,
  `comment on column waybill.control_order.node is 'The node that was asked.'`,
  `comment on column waybill.control_order.holds_until is 'A node that sees it later does nothing.'`,
  `comment on column waybill.control_order.ended_at is 'When it was carried out everywhere, as far as the node that was asked knows.'`,
];

/** Orders of operators to every node. */
export class CreateOrders1763770200000 implements MigrationInterface {
  readonly name = 'CreateOrders1763770200000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table waybill.control_order');
    await runner.query('drop sequence waybill.control_order_change');
  }
}
