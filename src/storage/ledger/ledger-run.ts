import { int8Array } from '../array-parameter.js';
import type { Database, Send, Statement } from '../database.js';

/** A node that has recorded nothing for this long, not even that it is there, is taken for lost. */
export const SILENT_MS = 30_000;

/**
 * Earlier runs of this node, or of this data directory, did not end in order, or they would say so. What they left open ends with what
 * their topics hold by now: this node has published nothing yet. Where one lives all the same, its next checkpoint says so, and undoes it.
 */
const REGISTER = `
with former as (
  update waybill.ledger_run r set lost_at = waybill.clock_ms()
    where (r.node = $1 or r.home = $3) and r.ended_at is null and r.lost_at is null returning r.run
), left_open as (
  update waybill.receipt r set head = greatest(t.head, r.after_seq)
    from former f, waybill.ledger_stream s, waybill.topic t, waybill.log g
    where r.run = f.run and r.closed_at is null and r.head is null
      and s.id = r.stream and t.name = s.topic and s.epoch = g.generation || t.salt
)
insert into waybill.ledger_run (node, started_at, recorded_to, seen_at, home, kept, joined)
  values ($1, $2, $2, waybill.clock_ms(), $3, $4::jsonb, $5) returning run`;

/** A run that was taken for lost, and is not, says so by this. */
const SEEN = `
update waybill.ledger_run r set seen_at = waybill.clock_ms(), recorded_to = greatest(r.recorded_to, $2), gaps = $3::bigint[], lost_at = null
  where r.run = $1 returning r.run, (select f.lost_at from waybill.ledger_run f where f.run = $1)`;

/** What others ended when they took the run for lost goes on. */
const UNBOUND = 'update waybill.receipt r set head = null where r.run = $1 and r.closed_at is null and r.head is not null';

const SILENT = `
update waybill.ledger_run r set lost_at = waybill.clock_ms()
  where r.run <> $1 and r.ended_at is null and r.lost_at is null and r.seen_at < waybill.clock_ms() - ${SILENT_MS}`;

const END = 'update waybill.ledger_run r set ended_at = $2, lost_at = null where r.run = $1';

/** The row has gone: the database was put back to an older copy, or emptied. */
export class RunForgotten extends Error {
  override readonly name = 'RunForgotten';
}

/** Which node this is, where it lives, and what it records. */
export interface NodePlace {
  readonly name: string;
  /** The same at every start on this host with this data directory; names may be made up anew. */
  readonly home: string;
  /** Seconds that it keeps receipts, by namespace; 0: for ever, -1: it keeps none. */
  readonly kept: Readonly<Record<string, number>>;
  /** Whether a Redis joins it with other nodes. */
  readonly joined: boolean;
}

/** From one start of this node to its end, as the database knows it. */
export class LedgerRun {
  private number: number | undefined;

  constructor(
    private readonly database: Database,
    private readonly node: NodePlace,
    private startedAt: number,
  ) {}

  /** Undefined until the database was there once. */
  get id(): number | undefined {
    return this.number;
  }

  /** Number of this run; its row is made if there is none. Rejects with `QueryFailure`. */
  async ensure(): Promise<number> {
    if (this.number !== undefined) return this.number;
    const { name, home, kept, joined } = this.node;
    const rows = await this.database.query('ledger', {
      text: REGISTER,
      values: [name, this.startedAt, home, JSON.stringify(kept), joined],
    });
    const run = Number(rows[0]?.[0]);
    this.number = run;
    return run;
  }

  /** Says that this run is there, and how far it has recorded. Throws `RunForgotten`. */
  async seen(send: Send, run: number, recordedTo: number, gaps: readonly number[]): Promise<void> {
    const rows = await send({ text: SEEN, values: [run, recordedTo, int8Array(gaps)] });
    if (rows.length === 0) throw new RunForgotten();
    if (rows[0]?.[1] !== null) await send({ text: UNBOUND, values: [run] });
    await send({ text: SILENT, values: [run] });
  }

  ended(run: number, at: number): Statement {
    return { text: END, values: [run, at] };
  }

  /** What is recorded from now on belongs to a run of its own. */
  forget(): void {
    this.number = undefined;
    this.startedAt = Date.now();
  }
}
