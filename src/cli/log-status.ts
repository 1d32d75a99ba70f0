import type { LogDatabase } from './log-database.js';

/** The log as `waybill log status` shows it. */
export interface LogStatus {
  /** Begins the epoch of every topic. */
  readonly generation: string;
  /** How many generations there were, this one included. */
  readonly generation_number: number;
  readonly generation_reason: string;
  readonly generation_at: string;
  /** System identifier of the database cluster and its timeline. */
  readonly system_identifier: string;
  readonly timeline: string;
  readonly topics: number;
  readonly messages: number;
  /** First day of the oldest partition that holds messages, as YYYY-MM-DD in UTC; null where there are none. */
  readonly oldest_day: string | null;
  readonly partitions: readonly PartitionStatus[];
}

export interface PartitionStatus {
  readonly name: string;
  /** Days its messages are kept at least; 0: for ever. */
  readonly keep_days: number;
  /** Its days, YYYY-MM-DD in UTC; `until` is the first one after it. */
  readonly day: string;
  readonly until: string;
  readonly topics: number;
  readonly messages: number;
  /** On disk, indexes included. */
  readonly bytes: number;
}

const LOG = `
select l.generation, l.raised as number, l.reason, l.raised_at::text as at, l.identity,
       (select count(*) from waybill.topic t where t.head > 0)::float8 as topics
  from waybill.log l`;

/** Counted from where topics' runs of messages begin, so that no message is read. */
const PARTITIONS = `
with run as (
  select s.topic_id, s.keep_days, s.day,
         coalesce(lead(s.first_seq) over (partition by s.topic_id order by s.first_seq), t.head + 1) - greatest(s.first_seq, t.floor + 1) as messages
    from waybill.segment s join waybill.topic t on t.id = s.topic_id
)
select p.name, p.keep_days, p.day::text, waybill.partition_end(p.keep_days, p.day)::text as until,
       count(r.topic_id) filter (where r.messages > 0)::float8 as topics, coalesce(sum(greatest(r.messages, 0)), 0)::float8 as messages,
       coalesce(pg_total_relation_size(to_regclass('waybill.' || quote_ident(p.name))), 0)::float8 as bytes
  from waybill.partition p left join run r on r.keep_days = p.keep_days and r.day = p.day
  group by p.name, p.keep_days, p.day order by p.day, p.keep_days`;

interface LogRow {
  readonly generation: string;
  readonly number: number;
  readonly reason: string;
  readonly at: string;
  readonly identity: string;
  readonly topics: number;
}

export async function readLogStatus(database: LogDatabase): Promise<LogStatus> {
  const [log] = await database.query<LogRow>(LOG);
  if (log === undefined) throw new Error('the table waybill.log is empty; restore it from a backup');
  const partitions = await database.query<PartitionStatus>(PARTITIONS);
  const identity = log.identity.split('/');
  return {
    generation: log.generation,
    generation_number: log.number,
    generation_reason: log.reason,
    generation_at: log.at,
    system_identifier: identity.at(0) ?? '',
    timeline: identity.at(-1) ?? '',
    topics: log.topics,
    messages: partitions.reduce((sum, { messages }) => sum + messages, 0),
    oldest_day: partitions.find(({ messages }) => messages > 0)?.day ?? null,
    partitions,
  };
}
