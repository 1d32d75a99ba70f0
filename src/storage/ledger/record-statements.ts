import { int8Array, textArray } from '../array-parameter.js';
import type { Statement } from '../database.js';
import type { NodePosition } from './checkpoint.js';
import type { EntryOf } from './entry.js';
import { givenUnlessErased, notErased } from './receipt-statement.js';
import { storableJson, storableText } from './storable-text.js';
import type { StreamName } from './stream-ids.js';

type IdOf = (stream: StreamName) => number;

/** The code of a connection that broke off without one. RFC 6455, section 7.4.1. */
const ABNORMAL = 1006;

const POSITIONS = `
insert into waybill.ledger_position as p (run, stream, seq, at, marks)
  select $1::int, u.stream, u.seq, u.at, u.marks::bigint[] from unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::text[]) as u (stream, seq, at, marks)
  on conflict (stream, run) do update set seq = greatest(p.seq, excluded.seq), at = excluded.at, marks = excluded.marks`;

export function positionsStatement(run: number, positions: readonly NodePosition[], idOf: IdOf): Statement {
  return {
    text: POSITIONS,
    values: [
      run,
      int8Array(positions.map(idOf)),
      int8Array(positions.map(({ seq }) => seq)),
      int8Array(positions.map(({ at }) => at)),
      textArray(positions.map(({ marks }) => `{${marks.map(({ seq, at }) => `${seq},${at}`).join(',')}}`)),
    ],
  };
}

const FETCHES = `
${givenUnlessErased(
  `unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[])
      as u (no, stream, user_id, connection, from_seq, to_seq, at, connected_at)`,
  'least(u.connected_at, u.at)',
  'at',
)}
insert into waybill.ledger_fetch (run, no, stream, user_id, connection, from_seq, to_seq, at)
  select $1::int, u.no, u.stream, u.user_id, u.connection::uuid, u.from_seq, u.to_seq, u.at from given u where u.erasure is null
  on conflict (run, no) do nothing`;

export function fetchesStatement(run: number, entries: readonly EntryOf<'fetch'>[], idOf: IdOf): Statement {
  const fetches = entries.map(({ fetch }) => fetch);
  return {
    text: FETCHES,
    values: [
      run,
      int8Array(entries.map(({ no }) => no)),
      int8Array(fetches.map(idOf)),
      textArray(fetches.map(({ user }) => user)),
      textArray(fetches.map(({ connection }) => connection)),
      int8Array(fetches.map(({ from }) => from)),
      int8Array(fetches.map(({ to }) => to)),
      int8Array(fetches.map(({ at }) => at)),
      int8Array(fetches.map(({ connectedAt }) => connectedAt)),
    ],
  };
}

const CONNECTIONS = `
insert into waybill.ledger_connection (id, run, ref, user_id, address, client, node, opened_at, closed_at, code, reason, view, events, forgotten)
  select u.id::uuid, $1::int, u.ref, u.user_id, u.address, u.client, u.node, u.opened_at, u.closed_at, u.code, u.reason, u.view::jsonb,
         u.events::jsonb, u.forgotten
    from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::bigint[], $10::bigint[], $11::text[],
                $12::text[], $13::text[], $14::bigint[])
      as u (id, ref, user_id, address, client, node, opened_at, closed_at, code, reason, view, events, forgotten)
    where u.user_id is null or ${notErased('u.user_id', 'u.opened_at')}
  on conflict (id) do nothing`;

export function connectionsStatement(run: number, entries: readonly EntryOf<'connection'>[]): Statement {
  const views = entries.map(({ record }) => record.view);
  return {
    text: CONNECTIONS,
    values: [
      run,
      textArray(views.map(({ id }) => id)),
      textArray(views.map(({ ref }) => ref)),
      textArray(views.map(({ user }) => user)),
      textArray(views.map(({ address }) => storableText(address))),
      textArray(views.map(({ client }) => (client === undefined ? undefined : storableText(client)))),
      textArray(views.map(({ node }) => node)),
      int8Array(views.map((view) => view.opened_at)),
      int8Array(views.map((view) => view.closed_at ?? Date.now())),
      int8Array(views.map(({ close }) => close?.code ?? ABNORMAL)),
      textArray(views.map(({ close }) => storableText(close?.reason ?? ''))),
      textArray(views.map(storableJson)),
      textArray(entries.map(({ record }) => storableJson(record.events))),
      int8Array(entries.map(({ record }) => record.forgotten)),
    ],
  };
}

const REFUSALS = `
insert into waybill.ledger_refusal as f (run, user_id, kind, code, rule, message, topic, connection, ref, first_at, last_at, count)
  select $1::int, u.user_id, u.kind, u.code, u.rule, u.message, u.topic, u.connection::uuid, u.ref, u.first_at, u.last_at, u.count
    from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::bigint[], $11::bigint[],
                $12::bigint[], $13::bigint[])
      as u (user_id, kind, code, rule, message, topic, connection, ref, first_at, last_at, count, connected_at)
    where ${notErased('u.user_id', 'least(u.connected_at, u.first_at)')}
  on conflict (user_id, run, kind, code, (coalesce(rule, '')), (coalesce(topic, '')), first_at) do update
    set message = excluded.message, connection = excluded.connection, ref = excluded.ref, last_at = greatest(f.last_at, excluded.last_at),
        count = greatest(f.count, excluded.count)`;

export function refusalsStatement(run: number, entries: readonly EntryOf<'refusal'>[]): Statement {
  const refusals = entries.map(({ refusal }) => refusal);
  const text = (value: string | undefined): string | undefined => (value === undefined ? undefined : storableText(value));
  return {
    text: REFUSALS,
    values: [
      run,
      textArray(entries.map(({ user }) => storableText(user))),
      textArray(refusals.map(({ kind }) => kind)),
      textArray(refusals.map(({ code }) => code)),
      textArray(refusals.map(({ rule }) => text(rule))),
      textArray(refusals.map(({ message }) => storableText(message))),
      textArray(refusals.map(({ topic }) => text(topic))),
      textArray(refusals.map(({ connection }) => connection)),
      textArray(refusals.map(({ ref }) => ref)),
      int8Array(refusals.map(({ firstAt }) => firstAt)),
      int8Array(refusals.map(({ lastAt }) => lastAt)),
      int8Array(refusals.map(({ count }) => count)),
      int8Array(refusals.map(({ connectedAt }) => connectedAt)),
    ],
  };
}
