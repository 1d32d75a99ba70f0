import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Config } from '../../config/config.js';
import { Database, type Row, type Statement } from '../database.js';
import { Rounds } from '../rounds.js';
import { type LedgerAges, ledgerAges, runAge } from './ledger-retention.js';
import {
  agedStatement,
  OLD_CONNECTIONS,
  OLD_REFUSALS,
  OLD_RUNS,
  PIECE,
  UNUSED_STREAMS,
  walkStatement,
  type WalkPlace,
} from './retention-statements.js';

const INTERVAL_MS = 300_000;
const BEGINNING: WalkPlace = [0, 0, 0];

/**
 * Removes what the ledger has kept for long enough, in small pieces beside the traffic. Receipts and reads of history are walked by time,
 * once for each age that a namespace has, and never again from the beginning. Every node may run it.
 */
@Injectable()
export class LedgerTrimmer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('LedgerTrimmer');
  private readonly places = new Map<string, WalkPlace>();
  private readonly rounds = new Rounds(this.logger, {
    everyMs: INTERVAL_MS,
    round: () => this.round(),
    failure: 'The ledger could not be trimmed and is tried again in some minutes',
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

  /** One round; answers how many rows it removed. Rejects with `QueryFailure`. */
  async trim(): Promise<number> {
    const ages = ledgerAges(this.config);
    let removed = 0;
    for (const age of ages.ending) {
      for (const table of ['receipt', 'ledger_fetch'] as const) removed += await this.walk(table, ages, age);
    }
    removed += await this.whileFull(agedStatement('open', ages));
    removed += await this.whileFull(agedStatement('positions', ages));
    const kept = this.config.ledger.connectionAgeSeconds * 1_000;
    if (kept > 0) {
      for (const text of [OLD_CONNECTIONS, OLD_REFUSALS]) removed += await this.whileFull({ text, values: [Date.now() - kept] });
    }
    const runs = runAge(this.config);
    if (runs > 0) removed += await this.whileFull({ text: OLD_RUNS, values: [Date.now() - runs] });
    return removed + (await this.trimStreams());
  }

  private async walk(table: 'receipt' | 'ledger_fetch', ages: LedgerAges, age: number): Promise<number> {
    const key = `${table} ${age}`;
    const before = Date.now() - age;
    let removed = 0;
    while (!this.rounds.stopped) {
      const [row] = await this.rows(walkStatement(table, ages, age, this.places.get(key) ?? BEGINNING, before));
      const [gone, seen, at, run, no] = (row ?? []).map(Number) as [number, number, number, number, number];
      removed += gone;
      if (seen > 0) this.places.set(key, [at, run, no]);
      if (seen < PIECE) break;
    }
    return removed;
  }

  private async trimStreams(): Promise<number> {
    let removed = 0;
    for (let after: number | undefined = 0; after !== undefined && !this.rounds.stopped;) {
      const [row] = await this.rows({ text: UNUSED_STREAMS, values: [after] });
      const [gone, last] = (row ?? []) as readonly (string | null)[];
      removed += Number(gone);
      after = last === null || last === undefined ? undefined : Number(last);
    }
    return removed;
  }

  private async whileFull(statement: Statement): Promise<number> {
    let total = 0;
    for (let removed = PIECE; removed === PIECE && !this.rounds.stopped; total += removed) {
      const [row] = await this.rows(statement);
      removed = Number(row?.[0]);
    }
    return total;
  }

  private rows(statement: Statement): Promise<readonly Row[]> {
    return this.database.query('ledger', statement);
  }

  private async round(): Promise<void> {
    const removed = await this.trim();
    if (removed > 0) this.logger.debug(`Removed ${removed} rows of the ledger past their retention.`);
  }
}
