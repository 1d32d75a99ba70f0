/** The partition a topic's next message goes into; never an earlier one than the last message of the topic went into. */
const dayOf = (wanted: string, topic: string): string =>
  `greatest(partition_day(${wanted}.keep_days, v_today), case when ${topic}.keep_days = ${wanted}.keep_days then ${topic}.day end)`;

/** Whether that is another partition than the last one. */
const movedOf = (wanted: string, topic: string): string =>
  `${topic}.keep_days is distinct from ${wanted}.keep_days or ${topic}.day < partition_day(${wanted}.keep_days, v_today)`;

/**
 * Locks the heads in the order of their names, so that two calls cannot wait for one another, and reads them. The index is read
 * backwards, up to the first version that is there: a head has a version for each append, and while anybody's transaction stays
 * open none of them is removed; the newest is the last. (Equality would let the planner read it forwards.)
 */
const lockHeads = (waiting: string): string => `with locked as materialized (
        select n.ord, h.* from (select u.name, u.ord from unnest(p_topics) with ordinality as u (name, ord) order by u.name collate "C") n
          cross join lateral (
            select t.ctid as row, t.id, t.head, t.salt, t.stored_at, t.keep_days, t.day from topic t
              where t.name >= n.name collate "C" and t.name <= n.name collate "C"
              order by t.name desc limit 1 for no key update${waiting}
          ) h
      )
      select array_agg(l.row order by n.ord), array_agg(l.id order by n.ord), array_agg(l.head order by n.ord),
             array_agg(l.salt order by n.ord), array_agg(l.stored_at order by n.ord), array_agg(${dayOf('n', 'l')} order by n.ord),
             array_agg(${movedOf('n', 'l')} order by n.ord)
        into v_rows, v_ids, v_heads, v_epochs, v_times, v_days, v_moved
        from unnest(p_topics, p_keep_days) with ordinality as n (name, keep_days, ord) left join locked l on l.ord = n.ord;`;

/**
 * The append, as one call: one statement cannot find duplicates, because its snapshot precedes the wait for the lock.
 *
 * Messages come as parallel arrays; `p_topic_of` counts from 1 into `p_topics`, which holds each topic once, and `p_keep_days`
 * says beside it how long that topic's messages are kept (0: for ever). Answers one row for each message, in order: `s` stored,
 * `d` duplicate, `c` conflict (position and time are the original's), `b` topic busy. With `p_wait` it waits for heads (the lock
 * timeout ends the call); without, messages of locked topics are answered `b`.
 *
 * A message goes into the partition of its day, and a topic's day never goes back. Where a topic's messages lie is noted as
 * segments, so a repeated id is looked for only in the partitions that may hold it: today's, and those as old as the
 * idempotency window.
 *
 * The plan must not depend on statistics, which are missing when a log is young: planner switches stand on the function, plans
 * are generic, and the search for a repeated id names the topic as `topic_id + 0`, an expression that only the identity index
 * carries, so that the primary key, which would read a whole topic, cannot serve it.
 *
 * A transaction of a stricter isolation level sees an older snapshot than its locks; there a head that moved since ends the
 * call with a serialisation failure, so that it cannot overlook a repeat either.
 */
const appendMessages = (origins: boolean): string => `
create function waybill.append_messages(
  p_topics text[], p_keep_days int[], p_topic_of int[], p_publishers text[], p_msg_ids text[], p_actions text[], p_payloads text[],
  p_accepted bigint[], p_client_times float8[], p_doors text[], p_traces text[],${origins ? ' p_origins text[],' : ''} p_window_ms bigint, p_wait boolean)
returns table (outcome text, epoch text, seq bigint, accepted_at bigint)
language plpgsql volatile
set search_path = waybill, pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set jit = off
set plan_cache_mode = force_generic_plan
set lock_timeout = '250ms'
as $function$
#variable_conflict use_column
declare
  v_generation text;
  v_identity text;
  v_now bigint := clock_ms();
  v_today date := to_timestamp(v_now / 1000.0) at time zone 'UTC';
  v_since date := to_timestamp((v_now - p_window_ms) / 1000.0) at time zone 'UTC';
  v_ids bigint[];
  v_rows tid[];
  v_heads bigint[];
  v_epochs text[];
  v_times bigint[];
  v_days date[];
  v_moved boolean[];
  v_keep_days int;
  v_day date;
  v_known_ord bigint[] := '{}';
  v_known_seq bigint[] := '{}';
  v_known_at bigint[] := '{}';
  v_known_same boolean[] := '{}';
begin
  if current_setting('synchronous_commit') = 'off' then
    perform set_config('synchronous_commit', 'on', true);
  end if;

  for v_try in 1..2 loop
    if p_wait then
      ${lockHeads('')}
    else
      ${lockHeads(' skip locked')}
    end if;
    exit when v_try = 2 or array_position(v_ids, null) is null;
    insert into topic (name)
      select n.name from unnest(p_topics, v_ids) as n (name, id)
      where n.id is null and not exists (select from topic t where t.name = n.name collate "C")
      order by n.name collate "C"
      on conflict (name) do nothing;
  end loop;

  select g.generation, g.identity into v_generation, v_identity from log g;
  -- A promoted standby may have lost what others have seen. What a dump restored elsewhere lost is seen when a connection is made.
  if right(v_identity, 8) <> substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8) then
    v_generation := verify_log();
  end if;

  for v_keep_days, v_day in
    select distinct s.keep_days, s.day from segment s where s.topic_id = any (v_ids) and partition_end(s.keep_days, s.day) > v_since
  loop
    select v_known_ord || array_agg(i.ord), v_known_seq || array_agg(m.seq), v_known_at || array_agg(m.accepted_at),
           v_known_same || array_agg(m.action = i.action and m.payload = i.payload)
      into v_known_ord, v_known_seq, v_known_at, v_known_same
      from unnest(p_topic_of, p_publishers, p_msg_ids, p_actions, p_payloads) with ordinality
          as i (topic, publisher, msg_id, action, payload, ord)
        cross join lateral (
          select s.seq, s.accepted_at, s.action, s.payload from message s
            where s.keep_days = v_keep_days and s.day = v_day and s.publisher = i.publisher collate "C" and s.msg_id = i.msg_id collate "C"
              and s.topic_id + 0 = v_ids[i.topic] and s.stored_at > v_now - p_window_ms
            order by s.seq desc limit 1
        ) m;
  end loop;

  if true = any (v_moved) then
    for v_keep_days, v_day in
      select distinct n.keep_days, n.day from unnest(p_keep_days, v_days, v_moved) as n (keep_days, day, moved) where n.moved
    loop
      perform ensure_partition(v_keep_days, v_day);
    end loop;
  end if;

  return query
  with item as materialized (
    select u.ord, u.topic, u.publisher collate "C" as publisher, u.msg_id collate "C" as msg_id, u.action collate "C" as action,
           u.payload collate "C" as payload, u.accepted_at, u.client_time, u.door, u.trace,${origins ? ' u.origin,' : ''}
           min(u.ord) over (partition by u.topic, u.publisher collate "C", u.msg_id collate "C") as first_ord
      from unnest(p_topic_of, p_publishers, p_msg_ids, p_actions, p_payloads, p_accepted, p_client_times, p_doors, p_traces${origins ? ', p_origins' : ''})
        with ordinality as u (topic, publisher, msg_id, action, payload, accepted_at, client_time, door, trace,${origins ? ' origin,' : ''} ord)
  ), known as materialized (
    select k.ord, k.seq, k.accepted_at, k.same
      from unnest(v_known_ord, v_known_seq, v_known_at, v_known_same) as k (ord, seq, accepted_at, same)
  ), fresh as materialized (
    select i.*, v_heads[i.topic] + row_number() over (partition by i.topic order by i.ord) as seq,
           v_heads[i.topic] + count(*) over (partition by i.topic) as last_seq
      from item i
      where i.ord = i.first_ord and v_ids[i.topic] is not null and not exists (select from known k where k.ord = i.ord)
  ), stored as (
    insert into message (keep_days, day, topic_id, seq, publisher, msg_id, action, payload, accepted_at, stored_at, client_time, door, trace${origins ? ', origin' : ''})
      select p_keep_days[f.topic], v_days[f.topic], v_ids[f.topic], f.seq, f.publisher, f.msg_id, f.action, f.payload, f.accepted_at,
             greatest(v_now, v_times[f.topic]), f.client_time, f.door, f.trace${origins ? ', f.origin' : ''}
        from fresh f
  ), begun as (
    insert into segment (topic_id, first_seq, keep_days, day)
      select v_ids[f.topic], f.seq, p_keep_days[f.topic], v_days[f.topic] from fresh f
        where v_moved[f.topic] and f.seq = v_heads[f.topic] + 1
  ), raised as (
    update topic t
      set head = f.seq, last_at = f.accepted_at, stored_at = greatest(v_now, v_times[f.topic]), keep_days = p_keep_days[f.topic],
          day = v_days[f.topic]
      from fresh f where t.ctid = v_rows[f.topic] and f.seq = f.last_seq
  )
  select case
           when v_ids[i.topic] is null then 'b'
           when k.ord is not null then case when k.same then 'd' else 'c' end
           when i.ord = i.first_ord then 's'
           when o.action = i.action and o.payload = i.payload then 'd'
           else 'c'
         end,
         v_generation || v_epochs[i.topic], coalesce(k.seq, f.seq), coalesce(k.accepted_at, f.accepted_at)
    from item i
      left join known k on k.ord = i.ord
      left join fresh f on f.ord = i.first_ord
      left join item o on o.ord = i.first_ord
    order by i.ord;
end
$function$`;

export const APPEND_MESSAGES = appendMessages(false);

/** Beside the other: it stores as well where each message came from. */
export const APPEND_WITH_ORIGINS = appendMessages(true);
