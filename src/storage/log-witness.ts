import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Injectable, Logger } from '@nestjs/common';
import { Config } from '../config/config.js';
import type { Row, Statement } from './database.js';

/** Where the write-ahead log of a database ended when it was last seen. */
interface Seen {
  /** Of the database, as `waybill.server_identity()` tells it. */
  readonly identity: string;
  /** Flushed up to here, a `pg_lsn`. */
  readonly lsn: string;
}

const FILE = 'log-position.json';
const VERIFY = 'select waybill.verify_log($1, $2::pg_lsn), waybill.server_identity(), pg_current_wal_flush_lsn()::text';

/**
 * Remembers how far the database had come, and lets it compare: one that is the same and has come less far was put back to an older
 * copy, which it cannot know by itself. Kept in the data directory too, for copies that are put back while no node runs.
 */
@Injectable()
export class LogWitness {
  private readonly logger = new Logger(LogWitness.name);
  private readonly file: string;
  private seen: Seen | undefined;
  private kept: string | undefined;
  private generation: string | undefined;

  constructor(config: Config) {
    this.file = join(config.server.dataDir, FILE);
    this.seen = this.read();
  }

  /** Which database it is, as the server tells it; the same after a failover, and another after a restore. Undefined until it was asked. */
  get databaseId(): string | undefined {
    // The last part is the timeline.
    return this.seen?.identity.slice(0, this.seen.identity.lastIndexOf('/'));
  }

  /** To be run by the database; what it answers goes to `note`. */
  get question(): Statement {
    return { text: VERIFY, values: [this.seen?.identity ?? null, this.seen?.lsn ?? null] };
  }

  note(row: Row | undefined): void {
    const [generation, identity, lsn] = (row ?? []) as readonly string[];
    if (generation === undefined || identity === undefined || lsn === undefined) return;
    if (this.generation !== undefined && this.generation !== generation)
      this.logger.warn(`The log has a new generation, ${generation}: every topic gets a new epoch. "waybill log status" says why.`);
    this.generation = generation;
    this.seen = { identity, lsn };
  }

  /** Writes down what was seen, if it is new. A directory that cannot be written to costs only this safeguard. */
  keep(): void {
    const text = JSON.stringify(this.seen);
    if (text === undefined || text === this.kept) return;
    this.kept = text;
    try {
      writeFileSync(`${this.file}.new`, `${text}\n`, { mode: 0o600 });
      renameSync(`${this.file}.new`, this.file);
    } catch (error) {
      this.logger.warn(`${this.file} cannot be written: ${(error as Error).message}`);
    }
  }

  private read(): Seen | undefined {
    try {
      const { identity, lsn } = JSON.parse(readFileSync(this.file, 'utf8')) as Partial<Seen>;
      const isValid = typeof identity === 'string' && typeof lsn === 'string' && /^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/.test(lsn);
      return isValid ? { identity, lsn } : undefined;
    } catch {
      return undefined;
    }
  }
}
