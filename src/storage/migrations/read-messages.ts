/** When a message was stored; null where it is gone. */
export const STORED_AT = `
create function waybill.stored_at(p_topic_id bigint, p_seq bigint)
returns bigint
language plpgsql stable strict
set search_path = waybill, pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set plan_cache_mode = force_generic_plan
as $function$
declare
  v_keep_days int;
  v_day date;
begin
  select s.keep_days, s.day into v_keep_days, v_day from segment s
    where s.topic_id = p_topic_id and s.first_seq <= p_seq order by s.first_seq desc limit 1;
  return (select m.stored_at from message m where m.keep_days = v_keep_days and m.day = v_day and m.topic_id = p_topic_id and m.seq = p_seq);
end
$function$`;

/**
 * Highest `seq` of a topic that its retention has passed: the highest of what was removed, what its length excludes, and what
 * its age excludes. Times rise with `seq` and there are no holes, so the place where age ends is found by steps that double and
 * then halve, and needs no index on time. Zero means no limit.
 */
export const READ_FLOOR = `
create function waybill.read_floor(p_topic_id bigint, p_floor bigint, p_head bigint, p_length bigint, p_age_ms bigint)
returns bigint
language plpgsql stable strict
set search_path = waybill, pg_catalog, pg_temp
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $function$
declare
  v_cutoff bigint := clock_ms() - p_age_ms;
  v_first segment;
  v_floor bigint;
  v_low bigint;
  v_high bigint;
  v_middle bigint;
  v_step bigint := 1;
begin
  if p_floor >= p_head then
    return p_head;
  end if;
  select * into v_first from segment s where s.topic_id = p_topic_id order by s.first_seq limit 1;
  v_floor := greatest(p_floor, coalesce(v_first.first_seq - 1, p_head), case when p_length > 0 then p_head - p_length else 0 end);
  if p_age_ms <= 0 or v_floor >= p_head or v_first.day > (to_timestamp(v_cutoff / 1000.0) at time zone 'UTC')::date
     or stored_at(p_topic_id, v_floor + 1) > v_cutoff then
    return v_floor;
  end if;
  -- v_low is past its age; v_high is not, or is one beyond the head.
  v_low := v_floor + 1;
  v_high := p_head + 1;
  while v_low + v_step < v_high loop
    if stored_at(p_topic_id, v_low + v_step) > v_cutoff then
      v_high := v_low + v_step;
    else
      v_low := v_low + v_step;
      v_step := v_step * 2;
    end if;
  end loop;
  while v_high - v_low > 1 loop
    v_middle := (v_low + v_high) / 2;
    if stored_at(p_topic_id, v_middle) > v_cutoff then
      v_high := v_middle;
    else
      v_low := v_middle;
    end if;
  end loop;
  return v_low;
end
$function$`;

/**
 * Ends and messages of one topic in one snapshot, that of the calling statement; one row without a message where there is none.
 * There are no holes, so the range of `seq` follows from the ends and is never wider than the page; each segment in it is read
 * from its own partition.
 */
export const READ_MESSAGES = `
create function waybill.read_messages(
  p_topic text, p_length bigint, p_age_ms bigint, p_after bigint, p_before bigint, p_limit bigint, p_max_bytes bigint, p_backward boolean)
returns table (epoch text, head bigint, floor bigint, seq bigint, accepted_at bigint, client_time float8, publisher text, msg_id text,
               action text, door text, trace text, payload text)
language plpgsql stable
set search_path = waybill, pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
set jit = off
set plan_cache_mode = force_generic_plan
as $function$
#variable_conflict use_column
declare
  v_topic topic;
  v_low bigint;
  v_high bigint;
  v_segment segment;
  v_page refcursor;
  v_bytes bigint := 0;
  v_any boolean := false;
begin
  select * into v_topic from topic t where t.name = p_topic collate "C";
  epoch := (select g.generation from log g) || coalesce(v_topic.salt, '');
  head := coalesce(v_topic.head, 0);
  floor := coalesce(read_floor(v_topic.id, v_topic.floor, v_topic.head, p_length, p_age_ms), 0);
  v_low := greatest(p_after, floor) + 1;
  v_high := least(p_before - 1, head);
  if p_backward then
    v_low := greatest(v_low, v_high - p_limit + 1);
  else
    v_high := least(v_high, v_low + p_limit - 1);
  end if;
  <<segments>>
  for v_segment in
    select * from segment s
      where s.topic_id = v_topic.id and s.first_seq <= v_high
        and s.first_seq >= coalesce((select max(b.first_seq) from segment b where b.topic_id = v_topic.id and b.first_seq <= v_low), 0)
      order by case when p_backward then -s.first_seq else s.first_seq end
  loop
    -- Two statements, so that each comes out of the index in its order and is read no further than the page goes.
    if p_backward then
      open v_page for select m.seq, m.accepted_at, m.client_time, m.publisher, m.msg_id, m.action, m.door, m.trace, m.payload
        from message m
        where m.keep_days = v_segment.keep_days and m.day = v_segment.day and m.topic_id = v_topic.id and m.seq between v_low and v_high
        order by m.seq desc;
    else
      open v_page for select m.seq, m.accepted_at, m.client_time, m.publisher, m.msg_id, m.action, m.door, m.trace, m.payload
        from message m
        where m.keep_days = v_segment.keep_days and m.day = v_segment.day and m.topic_id = v_topic.id and m.seq between v_low and v_high
        order by m.seq;
    end if;
    loop
      fetch v_page into seq, accepted_at, client_time, publisher, msg_id, action, door, trace, payload;
      exit when not found;
      v_bytes := v_bytes + octet_length(payload);
      exit segments when v_any and v_bytes > p_max_bytes;
      v_any := true;
      return next;
    end loop;
    close v_page;
  end loop;
  if not v_any then
    seq := null;
    return next;
  end if;
end
$function$`;
