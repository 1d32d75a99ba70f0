/**
 * The append, as one call: one statement cannot find duplicates, because its snapshot precedes the wait for the lock.
 *
 * Messages come as parallel arrays; `p_topic_of` counts from 1 into `p_topics`, which holds each topic once. Answers one row for
 * each message, in order: `s` stored, `d` duplicate, `c` conflict (position and time are the original's), `b` topic busy.
 * With `p_wait` it waits for heads (the lock timeout ends the call); without, messages of locked topics are answered `b`.
 *
 * The plan must not depend on statistics, which are missing when a log is young: planner switches stand on the function, plans
 * are generic, and the search for a repeated id names the topic as `topic_id + 0`, an expression that only the identity index
 * carries, so that the primary key, which would read a whole topic, cannot serve it.
 */
export const APPEND_MESSAGES = `
create function waybill.append_messages(
  p_topics text[], p_topic_of int[], p_publishers text[], p_msg_ids text[], p_actions text[], p_payloads text[],
  p_accepted bigint[], p_client_times float8[], p_doors text[], p_traces text[], p_window_ms bigint, p_wait boolean)
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
  v_ids bigint[];
  v_heads bigint[];
  v_epochs text[];
  v_times bigint[];
  v_now bigint;
begin
  -- A later snapshot is what finds the messages of whoever held the lock before.
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'waybill.append_messages needs transaction isolation read committed' using errcode = 'invalid_transaction_state';
  end if;
  if current_setting('synchronous_commit') = 'off' then
    perform set_config('synchronous_commit', 'on', true);
  end if;

  insert into topic (name)
    select n.name from unnest(p_topics) as n (name)
    where not exists (select from topic t where t.name = n.name collate "C")
    order by n.name collate "C"
    on conflict (name) do nothing;

  select g.generation into v_generation from log g;

  -- Sorted, so that two calls cannot wait for one another.
  if p_wait then
    with locked as materialized (
      select t.name, t.id, t.head, t.salt, t.stored_at from topic t where t.name = any (p_topics) order by t.name for no key update
    )
    select array_agg(l.id order by n.ord), array_agg(l.head order by n.ord), array_agg(v_generation || l.salt order by n.ord),
           array_agg(l.stored_at order by n.ord)
      into v_ids, v_heads, v_epochs, v_times
      from unnest(p_topics) with ordinality as n (name, ord) left join locked l on l.name = n.name collate "C";
  else
    with locked as materialized (
      select t.name, t.id, t.head, t.salt, t.stored_at from topic t where t.name = any (p_topics) order by t.name
        for no key update skip locked
    )
    select array_agg(l.id order by n.ord), array_agg(l.head order by n.ord), array_agg(v_generation || l.salt order by n.ord),
           array_agg(l.stored_at order by n.ord)
      into v_ids, v_heads, v_epochs, v_times
      from unnest(p_topics) with ordinality as n (name, ord) left join locked l on l.name = n.name collate "C";
  end if;

  -- Under the locks, so that a topic's times never fall; a clock set back does not either.
  v_now := floor(extract(epoch from clock_timestamp()) * 1000)::bigint;

  return query
  with item as materialized (
    select u.ord, u.topic, u.publisher collate "C" as publisher, u.msg_id collate "C" as msg_id, u.action collate "C" as action,
           u.payload collate "C" as payload, u.accepted_at, u.client_time, u.door, u.trace,
           min(u.ord) over (partition by u.topic, u.publisher collate "C", u.msg_id collate "C") as first_ord
      from unnest(p_topic_of, p_publishers, p_msg_ids, p_actions, p_payloads, p_accepted, p_client_times, p_doors, p_traces)
        with ordinality as u (topic, publisher, msg_id, action, payload, accepted_at, client_time, door, trace, ord)
  ), known as materialized (
    select i.ord, m.seq, m.accepted_at, m.action = i.action and m.payload = i.payload as same
      from item i cross join lateral (
        select s.seq, s.accepted_at, s.action, s.payload from message s
          where s.publisher = i.publisher and s.msg_id = i.msg_id and s.topic_id + 0 = v_ids[i.topic] and s.stored_at > v_now - p_window_ms
          order by s.seq desc limit 1
      ) m
  ), fresh as materialized (
    select i.*, v_heads[i.topic] + row_number() over (partition by i.topic order by i.ord) as seq,
           v_heads[i.topic] + count(*) over (partition by i.topic) as last_seq
      from item i
      where i.ord = i.first_ord and v_ids[i.topic] is not null and not exists (select from known k where k.ord = i.ord)
  ), stored as (
    insert into message (topic_id, seq, publisher, msg_id, action, payload, accepted_at, stored_at, client_time, door, trace)
      select v_ids[f.topic], f.seq, f.publisher, f.msg_id, f.action, f.payload, f.accepted_at, greatest(v_now, v_times[f.topic]),
             f.client_time, f.door, f.trace
        from fresh f
  ), raised as (
    update topic t set head = f.seq, last_at = f.accepted_at, stored_at = greatest(v_now, v_times[f.topic])
      from fresh f where t.name = p_topics[f.topic] collate "C" and f.seq = f.last_seq
  )
  select case
           when v_ids[i.topic] is null then 'b'
           when k.ord is not null then case when k.same then 'd' else 'c' end
           when i.ord = i.first_ord then 's'
           when o.action = i.action and o.payload = i.payload then 'd'
           else 'c'
         end,
         v_epochs[i.topic], coalesce(k.seq, f.seq), coalesce(k.accepted_at, f.accepted_at)
    from item i
      left join known k on k.ord = i.ord
      left join fresh f on f.ord = i.first_ord
      left join item o on o.ord = i.first_ord
    order by i.ord;
end
$function$`;
