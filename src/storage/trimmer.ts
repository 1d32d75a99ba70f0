import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Config } from '../config/config.js';
import { int8Array, textArray } from './array-parameter.js';
import { Database } from './database.js';
import { Rounds } from './rounds.js';
import { idempotencyMs, retentionOf } from './retention.js';

const INTERVAL_MS = 60_000;
/** Topics looked at by one statement. */
const PAGE = 500;
/** Messages removed by one statement, so that a head is never locked for long. */
const PIECE = 1_000;

const CANDIDATES = `
select t.name from unnest($1::text[], $2::bigint[], $3::bigint[]) as w (name, length, age_ms)
  join waybill.topic t on t.name = w.name collate "C"
  cross join lateral (select waybill.read_floor(t.id, t.floor, t.head, w.length, w.age_ms) as floor) r
  left join lateral (
    select s.first_seq, s.keep_days from waybill.segment s where s.topic_id = t.id order by s.first_seq limit 1
  ) first on true
  where r.floor > t.floor or first.keep_days = 0 and first.first_seq <= least(r.floor, waybill.read_floor(t.id, 0, t.head, 0, $4))`;

/**
 * Raises the floors of topics to where their retention stands, and removes, in small pieces beside the traffic, what no partition
 * takes with it: the messages of deleted topics, and those that are limited by number alone. Every node may run it.
 */
@Injectable()
export class Trimmer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Trimmer');
  private readonly rounds = new Rounds(this.logger, {
    everyMs: INTERVAL_MS,
    round: () => this.round(),
    failure: 'Trimming failed and is tried again in a minute',
  });

  constructor(
    private readonly database: Database,
    private readonly config: Config,
  ) {}

  onApplicationBootstrap(): void {
    this.rounds.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.rounds.stop();
  }

  /** One round over every topic; answers how many messages it removed. Rejects with `QueryFailure`. */
  async trim(): Promise<number> {
    let removed = await this.purge();
    let after = '';
    while (!this.rounds.stopped) {
      const names = await this.names(after);
      const last = names.at(-1);
      if (last === undefined) break;
      for (const name of await this.candidates(names)) removed += await this.trimTopic(name);
      after = last;
    }
    return removed;
  }

  private async purge(): Promise<number> {
    let removed = 0;
    while (!this.rounds.stopped) {
      const piece = await this.count('select waybill.purge_discarded($1)', [PIECE]);
      if (piece < 0) break;
      removed += piece;
    }
    return removed;
  }

  private async round(): Promise<void> {
    const removed = await this.trim();
    if (removed > 0) this.logger.debug(`Removed ${removed} messages past their retention.`);
  }

  private async names(after: string): Promise<readonly string[]> {
    const rows = await this.database.query('trim', {
      text: 'select t.name from waybill.topic t where t.name > $1 order by t.name limit $2',
      values: [after, PAGE],
    });
    return rows.map(([name]) => name as string);
  }

  private async candidates(names: readonly string[]): Promise<readonly string[]> {
    const retentions = names.map((name) => retentionOf(this.config, name));
    const rows = await this.database.query('trim', {
      text: CANDIDATES,
      values: [
        textArray(names),
        int8Array(retentions.map((retention) => retention.length)),
        int8Array(retentions.map((retention) => retention.ageMs)),
        idempotencyMs(this.config),
      ],
    });
    return rows.map(([name]) => name as string);
  }

  private trimTopic(name: string): Promise<number> {
    const { length, ageMs } = retentionOf(this.config, name);
    return this.repeat(() =>
      this.count('select waybill.trim_topic($1, $2, $3, $4, $5)', [name, length, ageMs, idempotencyMs(this.config), PIECE]),
    );
  }

  /** Until a piece is not full. */
  private async repeat(piece: () => Promise<number>): Promise<number> {
    let total = 0;
    for (let removed = PIECE; removed === PIECE && !this.rounds.stopped; total += removed) removed = await piece();
    return total;
  }

  private async count(text: string, values: readonly unknown[]): Promise<number> {
    const rows = await this.database.query('trim', { text, values });
    return Number(rows[0]?.[0]);
  }
}
