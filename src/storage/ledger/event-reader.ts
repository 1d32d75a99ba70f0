import type { MessagePlace, NodeRun } from '../../messaging/ledger/ledger-reader.js';
import type { Fetch } from '../../messaging/ledger/ledger.js';
import type { RefusalRecord } from '../../messaging/ledger/refusal-record.js';
import type { Row } from '../database.js';
import type { LedgerQuery } from './ledger-query.js';
import type { Unrecorded } from './unrecorded.js';
import { userHash } from './user-hash.js';

/** Of more reads of one message than this, by anybody, some are looked at. */
const MOST_OF_ALL = 5_000;

const COLUMNS = 'f.from_seq, f.to_seq, f.user_id, f.connection, f.at';
const STREAM = '(select id from waybill.ledger_stream where topic = $1 and epoch = $2)';

const OF_USER = `
select ${COLUMNS} from waybill.ledger_fetch f
  where f.user_id = $4 and f.stream = ${STREAM} and $3 between f.from_seq and f.to_seq
  order by f.at limit $5`;

const OF_ALL = `
select ${COLUMNS} from (
    select f.* from waybill.ledger_fetch f
      where box(point(f.stream, f.from_seq), point(f.stream, f.to_seq)) && box(point(${STREAM}, $3::bigint), point(${STREAM}, $3::bigint))
      limit ${MOST_OF_ALL}
  ) f
  order by f.at limit $4`;

const RUNS = `
select run, node, started_at, recorded_to, ended_at, lost_at, gaps, kept from waybill.ledger_run
  where started_at <= $2 and coalesce(ended_at, lost_at, 9007199254740991) >= $1 order by run`;

const REFUSALS = `
select kind, code, rule, message, topic, connection, ref, first_at, last_at, count from waybill.ledger_refusal
  where user_id = $1 and last_at >= $2 and first_at <= $3 and ($4::text is null or topic is null or topic = $4)
  order by last_at desc, id desc limit $5`;

const KNOWS = `select exists (select from waybill.receipt where user_id = $1) or exists (select from waybill.ledger_connection where user_id = $1)
  or exists (select from waybill.ledger_fetch where user_id = $1) or exists (select from waybill.ledger_refusal where user_id = $1)`;

/** What happened beside deliveries: reads of history, refusals, erasures, and the runs of the nodes. */
export class EventReader {
  constructor(
    private readonly query: LedgerQuery,
    private readonly unrecorded: Unrecorded,
  ) {}

  async fetches(place: MessagePlace, { user, limit }: { readonly user?: string; readonly limit: number }): Promise<readonly Fetch[]> {
    const waiting = [...this.unrecorded.waitingFetches()].filter(
      (fetch) => holds(fetch, place) && (user === undefined || fetch.user === user),
    );
    const { topic, epoch, seq } = place;
    const rows =
      user === undefined
        ? await this.query.rows(OF_ALL, [topic, epoch, seq, limit])
        : await this.query.rows(OF_USER, [topic, epoch, seq, user, limit]);
    const recorded = rows.map((row) => fetchOf(row, place));
    // What was recorded since it was seen waiting is in both.
    const rest = waiting.filter((fetch) => !recorded.some((known) => isSame(known, fetch)));
    return [...recorded, ...rest].toSorted((left, right) => left.at - right.at).slice(0, limit);
  }

  async runs(from: number, to: number): Promise<readonly NodeRun[]> {
    const rows = await this.query.rows(RUNS, [from, to]);
    return rows.map(runOf).map((run) => (run.run === this.unrecorded.runId ? this.own(run) : run));
  }

  async refusals(
    user: string,
    { topic, from, to, limit }: { readonly topic?: string; readonly from: number; readonly to: number; readonly limit: number },
  ): Promise<readonly RefusalRecord[]> {
    return (await this.query.rows(REFUSALS, [user, from, to, topic ?? null, limit])).map(refusalOf);
  }

  async knows(user: string): Promise<boolean> {
    for (const waiting of [...this.unrecorded.closings(), ...this.unrecorded.waitingFetches()]) if (waiting.user === user) return true;
    const [row] = await this.query.rows(KNOWS, [user]);
    return row?.[0] === true;
  }

  async erasedAt(user: string): Promise<number | undefined> {
    const [row] = await this.query.rows('select erased_at from waybill.ledger_erasure where user_hash = $1', [userHash(user)]);
    return row === undefined ? undefined : Number(row[0]);
  }

  /** Of this run everything is known until now, but for what was dropped. */
  private own(run: NodeRun): NodeRun {
    return { ...run, recordedTo: Date.now(), gaps: [...run.gaps, ...this.unrecorded.droppedTimes()] };
  }
}

function holds(fetch: Fetch, { topic, epoch, seq }: MessagePlace): boolean {
  return fetch.topic === topic && fetch.epoch === epoch && fetch.from <= seq && fetch.to >= seq;
}

function isSame(left: Fetch, right: Fetch): boolean {
  return (
    left.at === right.at &&
    left.user === right.user &&
    left.connection === right.connection &&
    left.from === right.from &&
    left.to === right.to
  );
}

function fetchOf([from, to, user, connection, at]: Row, { topic, epoch }: MessagePlace): Fetch {
  return {
    topic,
    epoch,
    from: Number(from),
    to: Number(to),
    user: user as string,
    connection: (connection ?? undefined) as string | undefined,
    at: Number(at),
  };
}

function runOf([run, node, startedAt, recordedTo, endedAt, lostAt, gaps, kept]: Row): NodeRun {
  const times = gaps as readonly string[];
  return {
    run: run as number,
    node: node as string,
    startedAt: Number(startedAt),
    recordedTo: Number(recordedTo),
    endedAt: endedAt === null ? undefined : Number(endedAt),
    lostAt: lostAt === null ? undefined : Number(lostAt),
    gaps: times.flatMap((from, at) => (at % 2 === 0 ? [{ from: Number(from), to: Number(times[at + 1]) }] : [])),
    kept: kept as NodeRun['kept'],
  };
}

function refusalOf(row: Row): RefusalRecord {
  const [kind, code, rule, message, topic, connection, ref, firstAt, lastAt, count] = row as readonly (string | null)[];
  return {
    kind: kind ?? '',
    code: code ?? '',
    rule: rule ?? undefined,
    message: message ?? '',
    topic: topic ?? undefined,
    connection: connection ?? undefined,
    ref: ref ?? undefined,
    firstAt: Number(firstAt),
    lastAt: Number(lastAt),
    count: Number(count),
  };
}
