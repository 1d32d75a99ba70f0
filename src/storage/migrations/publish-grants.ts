import { UNPRINTABLE } from './publish-checks.js';

/**
 * Lets a login role publish to topics, under a publisher's name; a role that may already gets the new name and topics. Patterns
 * are those of a token's claims: a name, or the beginning of one followed by `*`. Only `$all`, `$user.*` and names of users'
 * topics cover topics that begin with `$`.
 */
export const ALLOW_PUBLISH = String.raw`
create function waybill.allow_publish(role name, publisher text, topics text[])
returns void
language plpgsql volatile
set search_path = waybill, pg_catalog, pg_temp
as $function$
declare
  v_pattern text;
begin
  if role is null or publisher is null or topics is null then
    perform refuse_publish('BAD_REQUEST', '22004', 'role, publisher and topics must be given; an empty array of topics allows none');
  end if;
  if not exists (select from pg_roles r where r.rolname = role) then
    perform refuse_publish('BAD_REQUEST', '42704', format('role: there is no role "%s"; create it first', role));
  end if;
  if char_length(publisher) not between 1 and 128 or publisher ~ '${UNPRINTABLE}' or publisher like 'key:%' then
    perform refuse_publish('BAD_REQUEST', '22023', 'publisher: must be 1 to 128 printable characters, not beginning with key:');
  end if;
  foreach v_pattern in array topics loop
    if v_pattern is null
       or not (is_topic(v_pattern) or v_pattern = '$user.*'
               or (char_length(v_pattern) <= 129 and v_pattern ~ '^(?:\*|[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?\*)$')) then
      perform refuse_publish('BAD_REQUEST', '22023', format(
        'topics: "%s" is no pattern; give a topic name, the beginning of one followed by *, $user.* or $all', v_pattern));
    end if;
  end loop;
  insert into publish_role as p (role, publisher, topics) values (allow_publish.role, allow_publish.publisher, allow_publish.topics)
    on conflict on constraint publish_role_pkey do update set publisher = excluded.publisher, topics = excluded.topics;
  execute format('grant usage on schema waybill to %I', role);
  execute format('grant execute on function waybill.publish(text, text, json, text, text), waybill.user_topic(text) to %I', role);
end
$function$`;

/** Takes back what allow_publish gave; does nothing where it gave nothing. */
export const DISALLOW_PUBLISH = `
create function waybill.disallow_publish(role name)
returns void
language plpgsql volatile
set search_path = waybill, pg_catalog, pg_temp
as $function$
begin
  delete from publish_role p where p.role = disallow_publish.role;
  if not found or not exists (select from pg_roles r where r.rolname = disallow_publish.role) then
    return;
  end if;
  execute format('revoke execute on function waybill.publish(text, text, json, text, text), waybill.user_topic(text) from %I', role);
  execute format('revoke usage on schema waybill from %I', role);
end
$function$`;

/** Whether one of a role's patterns covers a topic. */
export const COVERS_TOPIC = `
create function waybill.covers_topic(p_patterns text[], p_topic text)
returns boolean
language sql immutable strict
return exists (
  select from unnest(p_patterns) as p (pattern)
    where p.pattern = p_topic
       or (right(p.pattern, 1) = '*' and starts_with(p_topic, left(p.pattern, -1)) and (p.pattern like '$%') = (p_topic like '$%')))`;

/** What the nodes' configuration says of a topic's namespace; null where no node has told it yet. */
export const NAMESPACE_OF = `
create function waybill.namespace_of(p_topic text)
returns waybill.namespace
language sql stable strict
set search_path = waybill, pg_catalog, pg_temp
as $function$
  select * from namespace n where n.name in (split_part(p_topic, '.', 1), 'default') order by n.name = 'default' limit 1
$function$`;

/** Notes the namespaces of the node that calls it; those that it does not name are forgotten. */
export const CONFIGURE_NAMESPACES = `
create function waybill.configure_namespaces(
  p_names text[], p_durable boolean[], p_keep_days int[], p_most_bytes int[], p_most_depth int, p_window_ms bigint)
returns void
language plpgsql volatile
set search_path = waybill, pg_catalog, pg_temp
as $function$
begin
  -- Nodes that start together must not wait for one another's rows crosswise.
  perform pg_advisory_xact_lock(hashtextextended('waybill.namespace', 0));
  delete from namespace n where n.name <> all (p_names);
  insert into namespace as n (name, durable, keep_days, most_bytes, most_depth, window_ms)
    select c.name, c.durable, c.keep_days, c.most_bytes, p_most_depth, p_window_ms
      from unnest(p_names, p_durable, p_keep_days, p_most_bytes) as c (name, durable, keep_days, most_bytes)
    on conflict (name) do update
      set durable = excluded.durable, keep_days = excluded.keep_days, most_bytes = excluded.most_bytes, most_depth = excluded.most_depth,
          window_ms = excluded.window_ms
      where (n.durable, n.keep_days, n.most_bytes, n.most_depth, n.window_ms)
        is distinct from (excluded.durable, excluded.keep_days, excluded.most_bytes, excluded.most_depth, excluded.window_ms);
end
$function$`;
