import type pg from 'pg';

/** How much is in the ledger; figures of the whole run, smaller by `--scale`. */
export interface Size {
  readonly messages: number;
  readonly receipts: number;
  readonly users: number;
  readonly topics: number;
  readonly connections: number;
  /** Recipients of the one message that everybody was owed. */
  readonly crowd: number;
}

export function sizeOf(scale: number): Size {
  const of = (whole: number): number => Math.max(100, Math.round(whole * scale));
  return {
    messages: of(1_000_000),
    receipts: of(1_000_000),
    users: of(10_000),
    topics: of(5_000),
    connections: of(250_000),
    crowd: of(1_000_000),
  };
}

export const CROWD_TOPIC = 'bench.crowd';
export const CROWD_SEQ = 10;
export const topicName = (rank: number): string => `bench.t${rank}`;
export const userName = (number: number): string => `user-${number}`;
export const messageId = (rank: number, seq: number): string => `m-${rank}-${seq}`;
export const ADDRESSES = 20_000;
export const addressOf = (number: number): string => `10.${number >> 16}.${(number >> 8) & 255}.${number & 255}`;
export const CLIENTS = ['browser', 'android', 'ios', 'backend', 'kiosk'] as const;
export const CODES = [1000, 1001, 1006, 1012, 4401, 4408, 4409, 4450] as const;

/** The span that messages, receipts and connections lie in, before the load. */
export const SPAN_MS = 20 * 3_600_000;

const EVENTS = JSON.stringify(
  ['connected', 'authenticated', 'welcome', 'subscribed', 'subscribed', 'round_trip', 'closing', 'closed'].map((kind, index) => ({
    at: 1_763_700_000_000 + index * 1_000,
    kind,
    ...(index > 2 ? { detail: 'bench.t1' } : {}),
  })),
);

/** Shares of a topic by its rank: the n-th has 1/n of the first. */
const RANKS = `ranks as materialized (select rank, 1.0 / rank / sum(1.0 / rank) over () as share from generate_series(1, $1::int) rank)`;

/** The partition of what the gateway stores now, found by one message that it stored. */
const PARTITION = `select s.keep_days, s.day from waybill.segment s join waybill.topic t on t.id = s.topic_id where t.name = '${CROWD_TOPIC}' limit 1`;

/** Fills the log and the ledger by plain SQL, as if they had been written by a node that is still there. */
export class Dataset {
  private readonly client: pg.Client;
  private readonly size: Size;

  constructor(client: pg.Client, size: Size) {
    this.client = client;
    this.size = size;
  }

  async load(progress: (text: string) => void): Promise<void> {
    const steps: readonly (readonly [string, () => Promise<void>])[] = [
      ['messages', () => this.messages()],
      ['receipts', () => this.receipts()],
      ['receipts of one message', () => this.crowd()],
      ['closed connections', () => this.connections()],
      ['statistics', () => this.run('vacuum analyze')],
    ];
    await this.run('set statement_timeout = 0');
    await this.run('set synchronous_commit = off');
    await this.run('select setseed(0.42)');
    for (const [what, step] of steps) {
      const startedAt = performance.now();
      await step();
      progress(`Loaded ${what} in ${((performance.now() - startedAt) / 1_000).toFixed(0)} s.`);
    }
  }

  private async messages(): Promise<void> {
    const { topics, messages } = this.size;
    await this.run(
      `with ${RANKS}, place as (${PARTITION})
       insert into waybill.topic (name, head, last_at, stored_at, keep_days, day)
         select 'bench.t' || rank, greatest(1, round(share * $2)), waybill.clock_ms(), waybill.clock_ms(), keep_days, day from ranks, place`,
      [topics, messages],
    );
    await this.run(
      `insert into waybill.segment (topic_id, first_seq, keep_days, day)
         select id, 1, keep_days, day from waybill.topic where name like 'bench.t%'`,
    );
    await this.run(
      `insert into waybill.message (topic_id, seq, keep_days, day, accepted_at, stored_at, publisher, msg_id, action, door, payload, origin)
         select t.id, seq, t.keep_days, t.day, at, at + 2, 'user-' || (1 + seq % $1), 'm-' || substr(t.name, 8) || '-' || seq, 'note.added', 'socket',
                '{"text":"' || repeat('x', 88) || '"}', gen_random_uuid() || ' 10.0.0.1'
           from waybill.topic t cross join lateral generate_series(1, t.head) seq
             cross join lateral (select waybill.clock_ms() - ${SPAN_MS} + (${SPAN_MS} * (seq::float8 / (t.head + 1)))::bigint as at) a
           where t.name like 'bench.t%'`,
      [this.size.users],
    );
  }

  /** Lives are exponential around a fiftieth of the topic's; 5 % are open, 1 % have an exception, 3 % ended with something unwritten. */
  private async receipts(): Promise<void> {
    const { topics, receipts, users } = this.size;
    await this.run(
      `insert into waybill.ledger_run (node, started_at, recorded_to, seen_at)
         values ('bench-other', waybill.clock_ms() - ${SPAN_MS}, waybill.clock_ms(), waybill.clock_ms() + 86400000)`,
    );
    await this.run(
      `insert into waybill.ledger_stream (topic, epoch) select t.name, g.generation || t.salt from waybill.topic t, waybill.log g where t.name like 'bench.%'
         on conflict do nothing`,
    );
    await this.run(
      `insert into waybill.ledger_position (run, stream, seq, at, marks)
         select r.run, s.id, t.head, waybill.clock_ms(),
                array(select x from generate_series(1, 32) i, lateral (values (i * t.head / 32), (waybill.clock_ms() - ${SPAN_MS} + i * ${SPAN_MS}::bigint / 32)) v (x))
           from waybill.ledger_stream s join waybill.topic t on t.name = s.topic, waybill.ledger_run r where r.node = 'bench-other'
         on conflict do nothing`,
    );
    await this.run(
      `with ${RANKS}
       insert into waybill.receipt (run, no, stream, user_id, connection, opened_at, after_seq, offered, handed, written, acked, exceptions, head, closed_at)
         select r.run, row_number() over (order by k.place), s.id, 'user-' || (1 + floor(random() * $3)), gen_random_uuid(), e.opened, a.begins,
                case when not k.stays then e.ends end, case when not k.stays then e.ends end, case when not k.stays then w.did end,
                case when random() < 0.2 then w.did else 0 end,
                case when random() < 0.01 then array[a.begins + 1, a.begins + 2, 0] end,
                case when not k.stays then e.ends end,
                case when not k.stays then e.opened + (e.ends - a.begins) * ${SPAN_MS} / (t.head + 1) + 1000 end
           from ranks
             cross join lateral generate_series(1, greatest(1, round(share * $2)::int)) n
             join waybill.topic t on t.name = 'bench.t' || rank
             join waybill.ledger_stream s on s.topic = t.name
             cross join (select run from waybill.ledger_run where node = 'bench-other') r
             cross join lateral (select random() as place, random() < 0.05 as stays, n) k
             cross join lateral (select floor(k.place * t.head)::bigint as begins, -ln(1 - random()) * t.head / 50 as life) a
             cross join lateral (select least(t.head, a.begins + ceil(a.life)::bigint) as ends,
                                        waybill.clock_ms() - ${SPAN_MS} + (k.place * ${SPAN_MS})::bigint as opened) e
             cross join lateral (select case when random() < 0.03 then greatest(a.begins, e.ends - 1) else e.ends end as did) w`,
      [topics, receipts, users],
    );
  }

  private async crowd(): Promise<void> {
    await this.run(
      `insert into waybill.receipt (run, no, stream, user_id, connection, opened_at, after_seq, offered, handed, written, acked, exceptions, head, closed_at)
         select r.run, 1000000000 + n, s.id, 'crowd-' || n, gen_random_uuid(), waybill.clock_ms() - 3600000, 0, ${CROWD_SEQ}, ${CROWD_SEQ},
                case when n % 100 = 0 then ${CROWD_SEQ} - 1 else ${CROWD_SEQ} end, case when n % 5 = 0 then ${CROWD_SEQ} else 0 end,
                case when n % 100 = 1 then array[${CROWD_SEQ}::bigint, ${CROWD_SEQ}, 0] end, ${CROWD_SEQ}, waybill.clock_ms() - 60000
           from generate_series(1, $1::int) n, waybill.ledger_stream s, waybill.ledger_run r
           where s.topic = '${CROWD_TOPIC}' and r.node = 'bench-other'`,
      [this.size.crowd],
    );
  }

  private async connections(): Promise<void> {
    const { connections, users, topics } = this.size;
    await this.run(
      `insert into waybill.ledger_connection (id, run, ref, user_id, address, client, node, opened_at, closed_at, code, reason, view, events, forgotten)
         select id, r.run, ref, user_id, address, client, 'bench-other', opened_at, closed_at, code, reason,
                jsonb_build_object('id', id, 'ref', ref, 'user', user_id, 'roles', '[]'::jsonb, 'state', 'closed', 'address', address,
                  'client', client, 'node', 'bench-other', 'protocol', 'ws', 'opened_at', opened_at, 'closed_at', closed_at,
                  'age_ms', closed_at - opened_at, 'rtt_ms', 12, 'queued_bytes', 0, 'queued_frames', 0, 'queued_ms', 0, 'dropped_messages', 0,
                  'max_queued_bytes', n % 65536, 'frames_in', n % 1000, 'frames_out', n % 5000, 'bytes_in', n % 100000, 'bytes_out', n,
                  'topics', jsonb_build_array('bench.t' || (1 + n % $3)), 'close', jsonb_build_object('code', code, 'reason', reason, 'initiator', 'client')),
                $4::jsonb, 0
           from generate_series(1, $1::int) n
             cross join (select run from waybill.ledger_run where node = 'bench-other') r
             cross join lateral (select gen_random_uuid() as id, upper(substr(md5(n::text), 1, 8)) as ref, 'user-' || (1 + floor(random() * $2)) as user_id,
               floor(random() * ${ADDRESSES})::int as a, -ln(1 - random()) * 600000 as life, random() as place, random() as kind) x
             cross join lateral (select '10.' || (a >> 16) || '.' || ((a >> 8) & 255) || '.' || (a & 255) as address,
               (array['${CLIENTS.join("','")}'])[1 + floor(kind * kind * ${CLIENTS.length})::int] || '/1.' || (n % 40) as client,
               waybill.clock_ms() - ${SPAN_MS} + (place * ${SPAN_MS})::bigint as closed_at,
               (array[${CODES.join(',')}])[1 + floor(kind * kind * kind * ${CODES.length})::int] as code) y
             cross join lateral (select closed_at - life::bigint as opened_at, 'the client said goodbye' as reason) z`,
      [connections, users, topics, EVENTS],
    );
  }

  private async run(text: string, values: readonly unknown[] = []): Promise<void> {
    await this.client.query(text, [...values]);
  }
}
