/** Ends the caller's statement with a sentence; the code of the error registry stands in the detail. */
export const REFUSE_PUBLISH = `
create function waybill.refuse_publish(p_code text, p_sqlstate text, p_message text)
returns void
language plpgsql immutable
as $function$
begin
  raise exception using message = p_message, errcode = p_sqlstate, detail = 'Waybill code: ' || p_code;
end
$function$`;

/** What a user id must not hold: general categories Cc, Cf, Zl and Zp of Unicode, as the other doors have them. */
export const UNPRINTABLE = String.raw`[\u0001-\u001F\u007F-\u009F\u00AD\u0600-\u0605\u061C\u06DD\u070F\u0890-\u0891\u08E2\u180E\u200B-\u200F\u2028-\u202E\u2060-\u2064\u2066-\u206F\uFEFF\uFFF9-\uFFFB\U000110BD\U000110CD\U00013430-\U0001343F\U0001BCA0-\U0001BCA3\U0001D173-\U0001D17A\U000E0001\U000E0020-\U000E007F]`;

/** W3C Trace Context, section 3.2: version ff and ids of zeros are not valid. */
export const TRACEPARENT = '^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$';

/** The topic of one user; bytes of the id outside the topic alphabet are written `~hh`. */
export const USER_TOPIC = String.raw`
create function waybill.user_topic(p_user text)
returns text
language plpgsql stable
set search_path = waybill, pg_catalog, pg_temp
as $function$
declare
  v_bytes bytea := convert_to(p_user, 'UTF8');
  v_name text := '$user.';
  v_character text;
begin
  if p_user is null or char_length(p_user) not between 1 and 128 or p_user ~ '${UNPRINTABLE}' then
    perform refuse_publish('BAD_REQUEST', '22023', 'user: must be 1 to 128 printable characters');
  end if;
  for v_place in 0 .. length(v_bytes) - 1 loop
    v_character := chr(get_byte(v_bytes, v_place));
    v_name := v_name || case when v_character ~ '^[A-Za-z0-9_-]$' then v_character else '~' || lpad(to_hex(get_byte(v_bytes, v_place)), 2, '0') end;
  end loop;
  return v_name;
end
$function$`;

/** Whether a name is that of a topic; a user's topic has one name only. */
export const IS_TOPIC = String.raw`
create function waybill.is_topic(p_topic text)
returns boolean
language plpgsql stable
set search_path = waybill, pg_catalog, pg_temp
as $function$
declare
  v_hex text;
begin
  if p_topic not like '$%' then
    return char_length(p_topic) <= 128 and p_topic ~ '^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$';
  elsif p_topic = '$all' then
    return true;
  elsif p_topic !~ '^\$user\.(?:[A-Za-z0-9_-]|~[0-9a-f]{2})+$' then
    return false;
  end if;
  select string_agg(coalesce(m.parts[1], encode(convert_to(m.parts[2], 'UTF8'), 'hex')), '' order by m.place) into v_hex
    from regexp_matches(substr(p_topic, 7), '~([0-9a-f]{2})|([A-Za-z0-9_-])', 'g') with ordinality as m (parts, place);
  return user_topic(convert_from(decode(v_hex, 'hex'), 'UTF8')) = p_topic;
exception
  when character_not_in_repertoire or invalid_parameter_value then
    return false;
end
$function$`;

/** Code units of UTF-16, in which the protocol counts the characters of a msg_id. */
export const UTF16_LENGTH = String.raw`
create function waybill.utf16_length(p_text text)
returns int
language sql immutable strict
return char_length(p_text) + char_length(regexp_replace(p_text, '[^\U00010000-\U0010FFFF]', '', 'g'))`;

/**
 * Whether JSON text nests deeper than a limit. Strings and all else that is no bracket are left out; then each round takes the
 * innermost level away.
 */
export const JSON_DEEPER_THAN = String.raw`
create function waybill.json_deeper_than(p_json text, p_limit int)
returns boolean
language plpgsql immutable strict
set search_path = waybill, pg_catalog, pg_temp
as $function$
declare
  v_brackets text := translate(regexp_replace(regexp_replace(p_json, '"(?:[^"\\]|\\.)*"', '', 'g'), '[^][{}]', '', 'g'), '{}', '[]');
begin
  for v_level in 1 .. p_limit loop
    exit when v_brackets = '';
    v_brackets := replace(v_brackets, '[]', '');
  end loop;
  return v_brackets <> '';
end
$function$`;

/** A UUID of version 7 (RFC 9562, section 5.7), which Postgres makes by itself only from version 18 on. */
export const UUID_V7 = `
create function waybill.uuid_v7()
returns uuid
language sql volatile
return encode(
  set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) placing substring(int8send(waybill.clock_ms()) from 3) from 1 for 6), 52, 1), 53, 1),
  'hex')::uuid`;
