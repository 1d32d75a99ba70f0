import { Injectable } from '@nestjs/common';
import { type Hint, HintSource } from '../../messaging/hint-source.js';
import { Database } from '../database.js';

/**
 * Commits of `waybill.publish`, from its hint table. What is new is asked for by the snapshot of the last reading: rows commit in
 * another order than they are made, so one that asks for `id > last` loses those of the slower transactions.
 */
@Injectable()
export class PostgresHints extends HintSource {
  /** Of the last reading; undefined: all hints that are there are read. */
  private snapshot: string | undefined;

  constructor(private readonly database: Database) {
    super();
  }

  override async read(): Promise<readonly Hint[]> {
    const rows = await this.database.query('hints', {
      text: 'select h.snapshot, h.topic, h.epoch, h.head from waybill.hints_since($1::pg_snapshot) as h',
      values: [this.snapshot ?? null],
    });
    const hints: Hint[] = [];
    for (const [snapshot, topic, epoch, head] of rows as readonly (readonly [string, string | null, string, string])[]) {
      this.snapshot = snapshot;
      if (topic !== null) hints.push({ topic, epoch, seq: Number(head) });
    }
    return hints;
  }
}
