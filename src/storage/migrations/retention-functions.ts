/**
 * Raises a topic's floor to where its retention stands, and removes at most `p_limit` messages below it that are kept for ever
 * by age, so that only their number ends them; all others go with their partition. Answers how many were removed. What is
 * younger than the idempotency window stays behind the floor, because repeats are recognised by it. A topic that somebody is
 * appending to is left for the next time.
 */
export const TRIM_TOPIC = `
create function waybill.trim_topic(p_name text, p_length bigint, p_age_ms bigint, p_window_ms bigint, p_limit bigint)
returns bigint
language plpgsql volatile
set search_path = waybill, pg_catalog, pg_temp
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $function$
declare
  v_topic topic;
  v_floor bigint;
  v_until bigint;
  v_segment segment;
  v_count bigint;
  v_removed bigint := 0;
begin
  select * into v_topic from topic t where t.name = p_name collate "C" for no key update skip locked;
  if not found then
    return 0;
  end if;
  v_floor := read_floor(v_topic.id, v_topic.floor, v_topic.head, p_length, p_age_ms);
  if v_floor > v_topic.floor then
    update topic t set floor = v_floor where t.name = v_topic.name;
  end if;
  select * into v_segment from segment s where s.topic_id = v_topic.id order by s.first_seq limit 1;
  if v_segment.keep_days is distinct from 0 then
    return 0;
  end if;
  v_until := least(v_floor, read_floor(v_topic.id, 0, v_topic.head, 0, p_window_ms), v_segment.first_seq - 1 + p_limit);
  for v_segment in
    select * from segment s where s.topic_id = v_topic.id and s.first_seq <= v_until and s.keep_days = 0 order by s.first_seq
  loop
    delete from message m
      where m.keep_days = 0 and m.day = v_segment.day and m.topic_id = v_topic.id and m.seq between v_segment.first_seq and v_until;
    get diagnostics v_count = row_count;
    v_removed := v_removed + v_count;
    -- A segment always has the message it is named by: it begins later now, or is gone.
    delete from segment s where s.topic_id = v_topic.id and s.first_seq = v_segment.first_seq;
    if exists (select from message m
                 where m.keep_days = 0 and m.day = v_segment.day and m.topic_id = v_topic.id and m.seq = v_until + 1) then
      insert into segment (topic_id, first_seq, keep_days, day) values (v_topic.id, v_until + 1, 0, v_segment.day);
    end if;
  end loop;
  return v_removed;
end
$function$`;

/**
 * Empties a topic in constant time: it goes on under a new internal id and a new epoch, so a stale position is never mistaken
 * for a new one; its messages are out of reach at once and are removed piece by piece afterwards. Answers whether it had any.
 */
export const DELETE_TOPIC = `
create function waybill.delete_topic(p_name text)
returns boolean
language plpgsql volatile
set search_path = waybill, pg_catalog, pg_temp
set enable_seqscan = off
as $function$
declare
  v_topic topic;
begin
  select * into v_topic from topic t where t.name = p_name collate "C" for no key update;
  if not found or v_topic.head = 0 then
    return false;
  end if;
  insert into discarded (topic_id) values (v_topic.id);
  update topic t
    set id = nextval(pg_get_serial_sequence('waybill.topic', 'id')), salt = '-' || substr(md5(gen_random_uuid()::text), 1, 8),
        head = 0, floor = 0, last_at = 0, keep_days = null, day = null
    where t.name = v_topic.name;
  return true;
end
$function$`;

/** Removes at most `p_limit` messages of deleted topics; answers how many, and -1 where no deleted topic is left. */
export const PURGE_DISCARDED = `
create function waybill.purge_discarded(p_limit bigint)
returns bigint
language plpgsql volatile
set search_path = waybill, pg_catalog, pg_temp
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $function$
declare
  v_id bigint;
  v_segment segment;
  v_count bigint;
begin
  select d.topic_id into v_id from discarded d order by d.topic_id limit 1 for update skip locked;
  if not found then
    return -1;
  end if;
  select * into v_segment from segment s where s.topic_id = v_id order by s.first_seq limit 1;
  if not found then
    delete from discarded d where d.topic_id = v_id;
    return 0;
  end if;
  delete from message m
    using (
      select s.seq from message s
        where s.keep_days = v_segment.keep_days and s.day = v_segment.day and s.topic_id = v_id order by s.seq limit p_limit
    ) old
    where m.keep_days = v_segment.keep_days and m.day = v_segment.day and m.topic_id = v_id and m.seq = old.seq;
  get diagnostics v_count = row_count;
  if v_count < p_limit then
    delete from segment s where s.topic_id = v_id and s.first_seq = v_segment.first_seq;
  end if;
  return v_count;
end
$function$`;
