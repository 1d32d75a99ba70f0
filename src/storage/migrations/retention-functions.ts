/**
 * Highest `seq` of a topic that its retention has passed. Times rise with `seq` and there are no holes, so the place where age
 * ends is found by halving, with a primary-key look-up for each step, and needs no index on time. Zero means no limit.
 */
export const READ_FLOOR = `
create function waybill.read_floor(p_topic_id bigint, p_floor bigint, p_head bigint, p_length bigint, p_age_ms bigint)
returns bigint
language plpgsql stable strict
set search_path = waybill, pg_catalog, pg_temp
set enable_seqscan = off
as $function$
declare
  v_floor bigint := greatest(p_floor, case when p_length > 0 then p_head - p_length else 0 end);
  v_cutoff bigint := floor(extract(epoch from clock_timestamp()) * 1000)::bigint - p_age_ms;
  v_low bigint;
  v_high bigint;
  v_middle bigint;
  v_at bigint;
begin
  if p_age_ms <= 0 or v_floor >= p_head then
    return v_floor;
  end if;
  select m.stored_at into v_at from message m where m.topic_id = p_topic_id and m.seq = v_floor + 1;
  if v_at > v_cutoff then
    return v_floor;
  end if;
  v_low := v_floor + 1;
  v_high := p_head;
  while v_low < v_high loop
    v_middle := (v_low + v_high + 1) / 2;
    select m.stored_at into v_at from message m where m.topic_id = p_topic_id and m.seq = v_middle;
    if v_at > v_cutoff then
      v_high := v_middle - 1;
    else
      v_low := v_middle;
    end if;
  end loop;
  return v_low;
end
$function$`;

/**
 * Raises a topic's floor to where its retention stands and removes at most `p_limit` messages below it; answers how many. What
 * is younger than the idempotency window stays behind the floor, because repeats are recognised by it. A topic that somebody is
 * appending to is left for the next time.
 */
export const TRIM_TOPIC = `
create function waybill.trim_topic(p_name text, p_length bigint, p_age_ms bigint, p_window_ms bigint, p_limit bigint)
returns bigint
language plpgsql volatile
set search_path = waybill, pg_catalog, pg_temp
set enable_seqscan = off
as $function$
declare
  v_topic topic;
  v_floor bigint;
  v_until bigint;
begin
  select * into v_topic from topic t where t.name = p_name collate "C" for no key update skip locked;
  if not found then
    return 0;
  end if;
  v_floor := read_floor(v_topic.id, v_topic.floor, v_topic.head, p_length, p_age_ms);
  v_until := least(v_floor, read_floor(v_topic.id, v_topic.trimmed, v_topic.head, 0, p_window_ms), v_topic.trimmed + p_limit);
  if v_floor = v_topic.floor and v_until = v_topic.trimmed then
    return 0;
  end if;
  delete from message m where m.topic_id = v_topic.id and m.seq > v_topic.trimmed and m.seq <= v_until;
  update topic t set floor = v_floor, trimmed = v_until where t.name = v_topic.name;
  return v_until - v_topic.trimmed;
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
        head = 0, floor = 0, trimmed = 0, last_at = 0
    where t.name = v_topic.name;
  return true;
end
$function$`;

/** Removes at most `p_limit` messages of deleted topics; answers how many. */
export const PURGE_DISCARDED = `
create function waybill.purge_discarded(p_limit bigint)
returns bigint
language plpgsql volatile
set search_path = waybill, pg_catalog, pg_temp
set enable_seqscan = off
as $function$
declare
  v_id bigint;
  v_count bigint;
begin
  select d.topic_id into v_id from discarded d order by d.topic_id limit 1 for update skip locked;
  if not found then
    return 0;
  end if;
  delete from message m using (select s.seq from message s where s.topic_id = v_id order by s.seq limit p_limit) old
    where m.topic_id = v_id and m.seq = old.seq;
  get diagnostics v_count = row_count;
  if v_count < p_limit then
    delete from discarded d where d.topic_id = v_id;
  end if;
  return v_count;
end
$function$`;
