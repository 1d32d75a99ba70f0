/**
 * Which database this is: the cluster's system identifier and the numbers of the database and of the log's table in it, of which
 * a dump that is restored changes one; and, in its last eight characters, the timeline, which a promoted standby and a recovery
 * to a point in time change.
 */
export const SERVER_IDENTITY = `
create function waybill.server_identity()
returns text
language sql volatile
return (select c.system_identifier::text from pg_control_system() c)
  || '/' || (select d.oid::text from pg_database d where d.datname = current_database()) || '/' || 'waybill.log'::regclass::oid::text
  || '/' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8)`;

/**
 * Begins a new generation of the log, and so a new epoch of every topic: whoever holds a position is told that it is void.
 * Answers the generation.
 */
export const RESET_LOG = `
create function waybill.reset_log(p_reason text)
returns text
language sql volatile
set search_path = waybill, pg_catalog, pg_temp
as $function$
  update log set raised = raised + 1, generation = (raised + 1)::text || substr(md5(gen_random_uuid()::text), 1, 7),
                 identity = server_identity(), reason = p_reason, raised_at = now()
    returning generation
$function$`;

/** Whether this database has come less far than somebody has seen it, for which no generation was raised yet. */
export const IS_BEHIND = `
create function waybill.is_behind(p_log waybill.log, p_seen_identity text, p_seen_lsn pg_lsn)
returns boolean
language sql volatile
return coalesce(p_seen_identity = p_log.identity and p_seen_lsn > p_log.accounted_lsn and p_seen_lsn > pg_current_wal_flush_lsn(), false)`;

/**
 * Compares the database with the one the log was last written in, and with how far its caller has seen it come; a restored or
 * failed-over one may have lost what others have seen, so it begins a new generation. Answers the generation. A standby, which
 * cannot be written to, is refused.
 */
export const VERIFY_LOG = `
create function waybill.verify_log(p_seen_identity text default null, p_seen_lsn pg_lsn default null)
returns text
language plpgsql volatile
set search_path = waybill, pg_catalog, pg_temp
as $function$
declare
  v_log log;
  v_identity text;
begin
  if pg_is_in_recovery() then
    raise exception 'this server is a standby; messages are appended on the primary' using errcode = 'read_only_sql_transaction';
  end if;
  v_identity := server_identity();
  select * into v_log from log;
  if v_log.identity = v_identity and not is_behind(v_log, p_seen_identity, p_seen_lsn) then
    return v_log.generation;
  end if;
  select * into v_log from log for update;
  if v_log.identity <> v_identity then
    return reset_log(format('the database was restored or failed over: it was %s and is %s', v_log.identity, v_identity));
  end if;
  if is_behind(v_log, p_seen_identity, p_seen_lsn) then
    update log set accounted_lsn = p_seen_lsn;
    return reset_log(format('the database was put back to an older copy: a node had seen it at %s', p_seen_lsn));
  end if;
  return v_log.generation;
end
$function$`;

/**
 * Somebody holds a position beyond the head of a topic, in its present epoch. Where that is so, messages were lost that others
 * have seen, and a new epoch begins: of every topic, or of this one alone where whoever says so is not to be trusted with more.
 * Answers whether it was so.
 */
export const REPORT_REWIND = `
create function waybill.report_rewind(p_topic text, p_epoch text, p_seq bigint, p_every_topic boolean)
returns boolean
language plpgsql volatile
set search_path = waybill, pg_catalog, pg_temp
set enable_seqscan = off
as $function$
declare
  v_topic topic;
  v_generation text;
begin
  insert into topic (name) values (p_topic) on conflict (name) do nothing;
  select * into v_topic from topic t where t.name = p_topic collate "C" for no key update;
  select g.generation into v_generation from log g;
  if v_generation || v_topic.salt <> p_epoch or v_topic.head >= p_seq then
    return false;
  end if;
  if p_every_topic then
    perform reset_log(format('a node holds seq %s of topic %s, whose head is %s', p_seq, p_topic, v_topic.head));
  else
    update topic t set salt = '-' || substr(md5(gen_random_uuid()::text), 1, 8) where t.name = v_topic.name;
  end if;
  return true;
end
$function$`;
