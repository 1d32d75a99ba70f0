import { TRACEPARENT } from './publish-checks.js';

/**
 * Publishes within the caller's transaction: the message is checked here and gets its place in the topic when the transaction
 * commits. The publisher is whom `waybill.allow_publish` named for the role that logged in, whatever role was set since.
 */
export const PUBLISH = String.raw`
create function waybill.publish(topic text, action text, data json, msg_id text default null, traceparent text default null)
returns void
language plpgsql volatile security definer
set search_path = waybill, pg_catalog, pg_temp
as $function$
declare
  v_role publish_role;
  v_namespace namespace;
  v_bytes int;
begin
  if topic is null or action is null or data is null then
    perform refuse_publish('BAD_REQUEST', '22004', format('%s: is null, and must be given; the payload null is written ''null''::json',
      case when topic is null then 'topic' when action is null then 'action' else 'data' end));
  end if;
  if not is_topic(topic) then
    perform refuse_publish('BAD_REQUEST', '22023', format(
      'topic: "%s" is no topic name: up to 128 characters of A-Z a-z 0-9 _ - in segments joined by a dot, $all, or what waybill.user_topic answers',
      left(topic, 200)));
  end if;
  select * into v_role from publish_role p where p.role = session_user;
  if not found then
    perform refuse_publish('PERMISSION_DENIED', '42501', format(
      'The role "%s" may not publish. The owner of the schema waybill can allow it: select waybill.allow_publish(%L, ''a-name'', array[%L])',
      session_user, session_user, topic));
  end if;
  if not covers_topic(v_role.topics, topic) then
    perform refuse_publish('PERMISSION_DENIED', '42501', format(
      'The role "%s" may not publish to %s: it was allowed %s. The owner of the schema waybill can allow more with waybill.allow_publish',
      session_user, topic, coalesce(nullif(array_to_string(v_role.topics, ', '), ''), 'no topics')));
  end if;
  if char_length(action) > 64 or action !~ '^[A-Za-z0-9_$][A-Za-z0-9_.:$/-]*$' then
    perform refuse_publish('BAD_REQUEST', '22023', 'action: must be up to 64 characters of letters, digits and . : _ - / $');
  end if;
  if action in ('auth', 'ping', 'welcome', 'reply', 'resume', 'user.send') or action ~ '^(?:auth|topic|sys|presence|session)\.' then
    perform refuse_publish('BAD_REQUEST', '22023', format(
      'action: "%s" is the server''s; choose a name outside auth. topic. sys. presence. session. and the built-in actions', action));
  end if;
  if utf16_length(msg_id) not between 1 and 64 or msg_id ~ '[\u0001-\u001F\u007F-\u009F]' then
    perform refuse_publish('BAD_REQUEST', '22023', 'msg_id: must be 1 to 64 characters without control characters, or null for one of the server''s');
  end if;
  v_namespace := namespace_of(topic);
  if v_namespace is null then
    perform refuse_publish('UNAVAILABLE', '55000', 'No Waybill node has started on this database yet, so its namespaces are not known; start one');
  end if;
  if not v_namespace.durable then
    perform refuse_publish('BAD_REQUEST', '0A000', format(
      'topic: the namespace of %s is ephemeral, which no transaction can publish to; make it durable in messaging.namespaces, or use REST', topic));
  end if;
  v_bytes := octet_length(data::text);
  if v_bytes > v_namespace.most_bytes then
    perform refuse_publish('PAYLOAD_TOO_LARGE', '54000', format(
      'data: %s bytes; namespace %s takes at most %s (max_payload_bytes in messaging.namespaces, gateway.frameBytes)',
      v_bytes, split_part(topic, '.', 1), v_namespace.most_bytes));
  end if;
  if json_deeper_than(data::text, v_namespace.most_depth) then
    perform refuse_publish('BAD_REQUEST', '54000', format('data: nests deeper than %s levels (option gateway.jsonDepth)', v_namespace.most_depth));
  end if;
  -- An ill-formed traceparent is dropped, never an error (W3C Trace Context, section 3.2).
  insert into outbox (topic, publisher, msg_id, action, payload, trace)
    values (publish.topic, v_role.publisher, coalesce(publish.msg_id, uuid_v7()::text), publish.action, publish.data::text,
            substring(publish.traceparent from '${TRACEPARENT}'));
end
$function$`;

/**
 * Runs once for each row of the outbox, when its transaction commits. The first row's turn gives every row of the transaction its
 * place, in one append: so a topic's head is locked only while the transaction commits, and by all transactions in one order.
 */
const sequenceOutbox = (origins: boolean): string => `
create function waybill.sequence_outbox()
returns trigger
language plpgsql volatile security definer
set search_path = waybill, pg_catalog, pg_temp
set enable_seqscan = off
as $function$
declare
  v_deadline timestamptz := clock_timestamp() + interval '5 seconds';
  v_now bigint := clock_ms();
  v_topics text[];
  v_keep_days int[];
  v_window_ms bigint;
  v_places int[];
  v_publishers text[];
  v_msg_ids text[];
  v_actions text[];
  v_payloads text[];
  v_called float8[];
  v_traces text[];
${origins ? '  v_origins text[];\n' : ''}  v_outcomes text[];
  v_epochs text[];
  v_seqs bigint[];
  v_conflict int;
begin
  if not exists (select from outbox o where o.xact = new.xact and o.id = new.id) then
    return null;
  end if;
  with taken as (
    delete from outbox o where o.xact = new.xact returning o.*
  ), placed as (
    select t.*, dense_rank() over (order by t.topic) as place from taken t
  )
  select array_agg(p.place order by p.id), array_agg(p.publisher order by p.id), array_agg(p.msg_id order by p.id),
         array_agg(p.action order by p.id), array_agg(p.payload order by p.id), array_agg(p.called_at order by p.id),
         array_agg(p.trace order by p.id),${origins ? ' array_agg(p.origin order by p.id),' : ''} array_agg(distinct p.topic order by p.topic)
    into v_places, v_publishers, v_msg_ids, v_actions, v_payloads, v_called, v_traces,${origins ? ' v_origins,' : ''} v_topics
    from placed p;
  select array_agg(n.keep_days order by w.place), max(n.window_ms) into v_keep_days, v_window_ms
    from unnest(v_topics) with ordinality as w (topic, place) cross join lateral namespace_of(w.topic) n;

  loop
    begin
      select array_agg(a.outcome order by a.place), array_agg(a.epoch order by a.place), array_agg(a.seq order by a.place)
        into v_outcomes, v_epochs, v_seqs
        from append_messages(v_topics, v_keep_days, v_places, v_publishers, v_msg_ids, v_actions, v_payloads,
                             array_fill(v_now, array[cardinality(v_msg_ids)]), v_called, array_fill('sql'::text, array[cardinality(v_msg_ids)]),
                             v_traces,${origins ? ' v_origins,' : ''} v_window_ms, true)
          with ordinality as a (outcome, epoch, seq, accepted_at, place);
      exit;
    exception
      -- Each try waits for the heads until the append's own lock timeout ends it.
      when lock_not_available or deadlock_detected then
        if clock_timestamp() > v_deadline then
          perform refuse_publish('UNAVAILABLE', '55P03', format(
            'A topic of this transaction (%s) stayed locked by another transaction for 5 seconds; nothing was stored. Run the transaction again',
            array_to_string(v_topics[1:5], ', ')));
        end if;
    end;
  end loop;

  v_conflict := array_position(v_outcomes, 'c');
  if v_conflict is not null then
    perform refuse_publish('CONFLICT', '23505', format(
      'msg_id: "%s" was used for another message of %s, at epoch %s seq %s; use a new one, or send the same message', v_msg_ids[v_conflict],
      v_topics[v_places[v_conflict]], v_epochs[v_conflict], coalesce(v_seqs[v_conflict]::text, 'of this transaction')));
  end if;

  insert into hint (topic, epoch, head, messages)
    select v_topics[s.place], s.epoch, max(s.seq), count(*)
      from unnest(v_places, v_epochs, v_seqs) as s (place, epoch, seq) group by s.place, s.epoch;
  return null;
end
$function$`;

export const SEQUENCE_OUTBOX = sequenceOutbox(false);

/** In its place: it hands on where each message came from. */
export const SEQUENCE_OUTBOX_WITH_ORIGINS = sequenceOutbox(true);

/**
 * Topics that transactions of others reached, for nodes to look at: what became visible since the snapshot of the last look, and
 * the snapshot of this one. Asking by snapshot and not by number finds rows that committed in another order than they were made,
 * however long one of their transactions took.
 */
export const HINTS_SINCE = `
create function waybill.hints_since(p_snapshot pg_snapshot)
returns table (snapshot text, topic text, epoch text, head bigint)
language sql stable
set search_path = waybill, pg_catalog, pg_temp
set enable_seqscan = off
as $function$
  select pg_current_snapshot()::text, h.topic, h.epoch, h.head
    from (select) one left join (
      select i.topic, i.epoch, max(i.head) as head from hint i
        where p_snapshot is null or (i.xact >= pg_snapshot_xmin(p_snapshot) and not pg_visible_in_snapshot(i.xact, p_snapshot))
        group by i.topic, i.epoch
    ) h on true
$function$`;

/** Removes hints that every node has had time to read; answers the messages they stood for, by namespace, to exactly one caller. */
export const EXPIRE_HINTS = `
create function waybill.expire_hints(p_age_ms bigint)
returns table (namespace text, messages bigint)
language sql volatile
set search_path = waybill, pg_catalog, pg_temp
as $function$
  with old as (
    delete from hint h using (select o.ctid from hint o where o.made_at < clock_ms() - p_age_ms for update skip locked) o
      where h.ctid = o.ctid returning h.topic, h.messages
  )
  select split_part(o.topic, '.', 1), sum(o.messages)::bigint from old o group by 1
$function$`;
