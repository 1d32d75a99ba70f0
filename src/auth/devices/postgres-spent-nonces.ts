import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { storageTrouble } from '../storage-trouble.js';
import { SpentNonces } from './spent-nonces.js';

const PURGE_EVERY_MS = 60_000;
/** Clocks of nodes may differ by this much before an old nonce could be answered again. */
const CLOCK_MARGIN_MS = 300_000;

/** In the database, where the primary key lets one of several nodes win. */
@Injectable()
export class PostgresSpentNonces extends SpentNonces {
  private purgedAt = -Infinity;

  constructor(private readonly dataSource: DataSource) {
    super();
  }

  override async spend(nonce: string, until: number): Promise<boolean> {
    this.purge();
    try {
      const rows: unknown = await this.dataSource.query(
        'insert into waybill.device_answer (nonce, expires_at) values ($1, $2) on conflict do nothing returning true',
        [hash('sha256', nonce, 'buffer'), new Date(until)],
      );
      return Array.isArray(rows) && rows.length === 1;
    } catch (error) {
      throw storageTrouble(error, 'Answers of devices cannot be checked now');
    }
  }

  /** A purge that fails is made up for by the next one. */
  private purge(): void {
    const now = performance.now();
    if (now - this.purgedAt < PURGE_EVERY_MS) return;
    this.purgedAt = now;
    const oldest = new Date(Date.now() - CLOCK_MARGIN_MS);
    this.dataSource.query('delete from waybill.device_answer where expires_at < $1', [oldest]).catch(() => undefined);
  }
}
