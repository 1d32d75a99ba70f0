import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Database } from '../database.js';
import { Rounds } from '../rounds.js';

const INTERVAL_MS = 60_000;
/** A run that was taken for lost may say that it is not; by then it has said so. */
const SURELY_GONE_MS = 60_000;
/** Receipts of one statement. */
const PIECE = 1_000;

/** Whatever a topic has by now, it had at most when the run was there last. An earlier epoch gets no more messages. */
const BOUND = `
with gone as materialized (
  select n.run from waybill.ledger_run n where coalesce(n.ended_at, n.lost_at) < waybill.clock_ms() - ${SURELY_GONE_MS}
), piece as materialized (
  select r.run, r.no, t.head from waybill.receipt r
      join waybill.ledger_stream s on s.id = r.stream
      join waybill.topic t on t.name = s.topic
      cross join waybill.log g
    where r.closed_at is null and r.run = any (array(select run from gone)) and r.head is null and s.epoch = g.generation || t.salt
    limit ${PIECE}
)
update waybill.receipt r set head = greatest(p.head, r.after_seq) from piece p where r.run = p.run and r.no = p.no returning r.no`;

/**
 * Gives receipts whose run is gone an end: the head of their topic by now. Without, they would cover every later message, and each of
 * these would be unknown at people who were not there any more. Every node may do it.
 */
@Injectable()
export class LostReceipts implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Ledger');
  private readonly rounds = new Rounds(this.logger, {
    everyMs: INTERVAL_MS,
    round: async () => void (await this.end()),
    failure: 'Receipts of lost nodes got no end; that is tried again in a minute',
  });

  constructor(private readonly database: Database) {}

  onApplicationBootstrap(): void {
    this.rounds.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.rounds.stop();
  }

  /** One round; answers how many it ended. Rejects with `QueryFailure`. */
  async end(): Promise<number> {
    let ended = 0;
    for (let piece = PIECE; piece === PIECE && !this.rounds.stopped; ended += piece)
      piece = (await this.database.query('ledger', { text: BOUND })).length;
    return ended;
  }
}
