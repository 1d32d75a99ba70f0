import type { DataSource } from 'typeorm';
import type { ConnectionRecord } from '../../src/messaging/ledger/connection-record.js';
import type { Receipt } from '../../src/messaging/ledger/receipt.js';
import { exceptionNumbers } from '../../src/storage/ledger/receipt-row.js';

export interface RunRow {
  readonly node: string;
  readonly startedAt: number;
  readonly recordedTo?: number;
  readonly endedAt?: number;
  readonly lostAt?: number;
  readonly gaps?: readonly number[];
}

/** Writes rows of the ledger by plain SQL, for tests of those who read them. */
export class LedgerRows {
  constructor(private readonly dataSource: DataSource) {}

  async run({ node, startedAt, recordedTo = startedAt, endedAt, lostAt, gaps = [] }: RunRow): Promise<number> {
    const [row] = await this.dataSource.query<[{ run: number }]>(
      `insert into waybill.ledger_run (node, started_at, recorded_to, seen_at, ended_at, lost_at, gaps)
         values ($1, $2, $3, $3, $4, $5, $6) returning run`,
      [node, startedAt, recordedTo, endedAt ?? null, lostAt ?? null, gaps],
    );
    return row.run;
  }

  async stream(topic: string, epoch: string): Promise<string> {
    await this.dataSource.query('insert into waybill.ledger_stream (topic, epoch) values ($1, $2) on conflict do nothing', [topic, epoch]);
    const [row] = await this.dataSource.query<[{ id: string }]>('select id from waybill.ledger_stream where topic = $1 and epoch = $2', [
      topic,
      epoch,
    ]);
    return row.id;
  }

  /** `follows`: nothing of it waited, so its positions are those of its run. `head`: of a receipt that was lost. */
  async receipt(run: number, receipt: Receipt, { follows = false, head }: { follows?: boolean; head?: number } = {}): Promise<void> {
    const { no, connection, user, openedAt, after, recoveredTo, offered, handed, written, acked, lagged, closedAt } = receipt;
    const positions = follows ? [null, null, null] : [offered, handed, written];
    await this.dataSource.query(
      `insert into waybill.receipt (run, no, stream, user_id, connection, opened_at, after_seq, recovered_to, offered, handed, written, acked,
         lagged, exceptions, head, closed_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
      [
        run,
        no,
        await this.stream(receipt.topic, receipt.epoch),
        user,
        connection,
        openedAt,
        after,
        recoveredTo,
        ...positions,
        acked,
        lagged,
        exceptionNumbers(receipt),
        head ?? (closedAt === undefined ? null : receipt.head),
        closedAt ?? null,
      ],
    );
  }

  async position(run: number, topic: string, epoch: string, seq: number, at: number, marks: readonly number[] = []): Promise<void> {
    await this.dataSource.query('insert into waybill.ledger_position (run, stream, seq, at, marks) values ($1, $2, $3, $4, $5)', [
      run,
      await this.stream(topic, epoch),
      seq,
      at,
      marks,
    ]);
  }

  async connection(run: number, { view, events, forgotten }: ConnectionRecord): Promise<void> {
    await this.dataSource.query(
      `insert into waybill.ledger_connection (id, run, ref, user_id, address, client, node, opened_at, closed_at, code, reason, view, events,
         forgotten) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
      [
        view.id,
        run,
        view.ref,
        view.user ?? null,
        view.address,
        view.client ?? null,
        view.node,
        view.opened_at,
        view.closed_at,
        view.close?.code ?? 1006,
        view.close?.reason ?? '',
        JSON.stringify(view),
        JSON.stringify(events),
        forgotten,
      ],
    );
  }
}
