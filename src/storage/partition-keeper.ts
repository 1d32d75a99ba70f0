import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Config } from '../config/config.js';
import { int4Array } from './array-parameter.js';
import { Database } from './database.js';
import { QueryFailure } from './query-failure.js';
import { Rounds } from './rounds.js';
import { keepDaysInUse } from './retention.js';

const INTERVAL_MS = 600_000;
/** Segments forgotten by one statement. */
const PIECE = 10_000;

/** What another node, or an earlier try, has done already. PostgreSQL, appendix A: undefined table; object not in prerequisite state. */
const DONE_ALREADY = new Set(['42P01', '55000']);

/** Makes partitions before their day comes and drops those whose messages are past their retention. Every node may run it. */
@Injectable()
export class PartitionKeeper implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('PartitionKeeper');
  private readonly rounds = new Rounds(this.logger, {
    everyMs: INTERVAL_MS,
    round: () => this.round(),
    failure: `Partitions could not be kept and are tried again in ${INTERVAL_MS / 60_000} minutes`,
  });

  constructor(
    private readonly database: Database,
    private readonly config: Config,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.prepare();
    this.rounds.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.rounds.stop();
  }

  /** Makes the partitions of now and next. An append would make the one it needs, but would have to wait for it. */
  async prepare(): Promise<void> {
    await this.database.query('partitions', {
      text: 'select waybill.prepare_partitions($1)',
      values: [int4Array(keepDaysInUse(this.config))],
    });
  }

  /** Drops what is past its retention; answers the names of the dropped tables. */
  async drop(): Promise<readonly string[]> {
    const expired = await this.database.query('partitions', { text: 'select name from waybill.expired_partition' });
    if (expired.length === 0) return [];
    for (let forgotten = PIECE; forgotten === PIECE && !this.rounds.stopped;) {
      const rows = await this.database.query('partitions', { text: 'select waybill.expire_segments($1)', values: [PIECE] });
      forgotten = Number(rows[0]?.[0]);
    }
    const dropped: string[] = [];
    for (const [name] of expired) {
      if (this.rounds.stopped) break;
      if (await this.dropPartition(name as string)) dropped.push(name as string);
    }
    return dropped;
  }

  private async round(): Promise<void> {
    await this.prepare();
    const dropped = await this.drop();
    if (dropped.length > 0) this.logger.log(`Dropped ${dropped.join(', ')}: past their retention.`);
  }

  /**
   * Detached first, without a lock that appends would wait for; a detach that was cut short, for example by somebody's long
   * transaction, is finished in the next round.
   */
  private async dropPartition(name: string): Promise<boolean> {
    const pending = await this.database.query('partitions', {
      text: `select inhdetachpending from pg_inherits where inhrelid = to_regclass('waybill.' || quote_ident($1))`,
      values: [name],
    });
    if (pending.length > 0) {
      const how = pending[0]?.[0] === true ? 'finalize' : 'concurrently';
      if (!(await this.alter(`alter table waybill.message detach partition waybill."${name}" ${how}`))) return false;
    }
    await this.alter(`drop table if exists waybill."${name}"`);
    await this.database.query('partitions', { text: 'delete from waybill.partition where name = $1', values: [name] });
    return true;
  }

  private async alter(text: string): Promise<boolean> {
    try {
      await this.database.query('partitions', { text });
      return true;
    } catch (error) {
      if (error instanceof QueryFailure && DONE_ALREADY.has(error.sqlState ?? '')) return false;
      throw error;
    }
  }
}
