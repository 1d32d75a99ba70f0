/**
 * Where a message lies: messages are kept in partitions by how long they are kept and by when they came, so that history ends by
 * dropping a table. A partition of what is kept for up to 14 days spans a day, up to 92 days a week, beyond that, or for ever (0),
 * a month; so their number stays small whatever is configured. Days are those of UTC.
 */
export const PARTITION_DAY = `
create function waybill.partition_day(p_keep_days int, p_day date)
returns date
language sql immutable parallel safe
return case
  when p_keep_days between 1 and 14 then p_day
  when p_keep_days between 15 and 92 then p_day - ((p_day - date '2000-01-03') % 7)
  else date_trunc('month', p_day::timestamp)::date
end`;

/** First day after a partition that begins at `p_day`. */
export const PARTITION_END = `
create function waybill.partition_end(p_keep_days int, p_day date)
returns date
language sql immutable parallel safe
return case
  when p_keep_days between 1 and 14 then p_day + 1
  when p_keep_days between 15 and 92 then p_day + 7
  else (p_day::timestamp + interval '1 month')::date
end`;

/**
 * Makes a partition unless it is there. The table is made by itself and then attached, which, unlike making it as a partition,
 * does not keep others from appending meanwhile.
 */
export const ENSURE_PARTITION = `
create function waybill.ensure_partition(p_keep_days int, p_day date)
returns void
language plpgsql volatile
set search_path = waybill, pg_catalog, pg_temp
set client_min_messages = warning
as $function$
declare
  v_name text := format('message_%s_%s', case when p_keep_days = 0 then 'kept' else 'keep' || p_keep_days end, to_char(p_day, 'YYYYMMDD'));
begin
  if exists (select from partition p where p.keep_days = p_keep_days and p.day = p_day) then
    return;
  end if;
  perform pg_advisory_xact_lock(hashtextextended('waybill.partition', 0));
  if exists (select from partition p where p.keep_days = p_keep_days and p.day = p_day) then
    return;
  end if;
  execute format('create table waybill.%I (like waybill.message including defaults including constraints)', v_name);
  execute format('alter table waybill.message attach partition waybill.%I for values from (%s, %L) to (%s, %L)',
                 v_name, p_keep_days, p_day, p_keep_days, partition_end(p_keep_days, p_day));
  insert into partition (keep_days, day, name) values (p_keep_days, p_day, v_name);
exception
  -- A snapshot older than the lock does not show what its last holder made; the table is there all the same.
  when duplicate_table then
    if current_setting('transaction_isolation') = 'read committed' then
      raise;
    end if;
end
$function$`;

/** Makes the partitions that are needed now and next, so that no append has to. */
export const PREPARE_PARTITIONS = `
create function waybill.prepare_partitions(p_keep_days int[])
returns void
language plpgsql volatile
set search_path = waybill, pg_catalog, pg_temp
as $function$
declare
  v_today date := to_timestamp(clock_ms() / 1000.0) at time zone 'UTC';
  v_keep_days int;
begin
  foreach v_keep_days in array p_keep_days loop
    perform ensure_partition(v_keep_days, partition_day(v_keep_days, v_today));
    perform ensure_partition(v_keep_days, partition_end(v_keep_days, partition_day(v_keep_days, v_today)));
  end loop;
end
$function$`;

/**
 * Forgets at most `p_limit` segments whose messages are past their retention, which puts those messages out of reach; answers
 * how many. Their partitions can be dropped when none are left.
 */
export const EXPIRE_SEGMENTS = `
create function waybill.expire_segments(p_limit bigint)
returns bigint
language plpgsql volatile
set search_path = waybill, pg_catalog, pg_temp
as $function$
declare
  v_count bigint;
begin
  delete from segment s
    using (
      select o.topic_id, o.first_seq from expired_partition e join segment o on o.keep_days = e.keep_days and o.day = e.day limit p_limit
    ) old
    where s.topic_id = old.topic_id and s.first_seq = old.first_seq;
  get diagnostics v_count = row_count;
  return v_count;
end
$function$`;

/** Partitions whose youngest message is past its retention. */
export const EXPIRED_PARTITION = `
create view waybill.expired_partition as
  select p.keep_days, p.day, p.name from waybill.partition p
    where p.keep_days > 0
      and waybill.partition_end(p.keep_days, p.day) + p.keep_days <= (to_timestamp(waybill.clock_ms() / 1000.0) at time zone 'UTC')::date`;

/** The clock of the log: milliseconds since the epoch. */
export const CLOCK = `
create function waybill.clock_ms()
returns bigint
language sql volatile
return floor(extract(epoch from clock_timestamp()) * 1000)::bigint`;
