import type { ConnectionQuery } from '../../messaging/gateway-control.js';
import type { ConnectionSpan } from '../../messaging/ledger/ledger-reader.js';
import type { Statement } from '../database.js';

export type ConnectionFilters = ConnectionQuery['filters'] & ConnectionSpan;

export interface TimeOrder {
  readonly column: 'closed_at' | 'opened_at';
  readonly descending: boolean;
}

/** So many connections are read and sorted in memory. */
export const MOST_CANDIDATES = 1_000;
/** So many are looked at in order of time, for one page: where an index alone tells what is asked, and where each has to be read. */
const MOST_IN_INDEX = 20_000;
const MOST_READ = 5_000;

type Parameter = (value: unknown) => string;

/** Conditions that one index finds together, in the order of closing. */
interface Driver {
  readonly condition: string;
  /** Filters that need no further look. */
  readonly decides: readonly (keyof ConnectionFilters)[];
  /** Filters that it has the columns for. */
  readonly includes: readonly (keyof ConnectionFilters)[];
}

/**
 * Connections of which an index leaves few. One row at least; the first column says whether there are more than `MOST_CANDIDATES`, or so
 * many had to be looked at that it is not known; the second is a view. Undefined: no filter has such an index.
 */
export function candidatesStatement(filters: ConnectionFilters, isByClosing: boolean): Statement | undefined {
  const values: unknown[] = [];
  const parameter: Parameter = (value) => `$${values.push(value)}`;
  const selective = selectiveOf(filters, parameter);
  const source = selective ?? (isByClosing ? undefined : walkOf(filters, parameter));
  if (source === undefined) return undefined;
  const text = `
with walked as materialized (${source}),
     found as materialized (select w.id from walked w where w.matches limit ${MOST_CANDIDATES + 1}),
     few as materialized (select (select count(*) from found) <= ${MOST_CANDIDATES} and (select count(*) from walked) <= ${MOST_READ} as yes)
select not few.yes, v.view from few left join waybill.ledger_connection v on few.yes and v.id = any (array(select id from found))`;
  return { text, values };
}

function selectiveOf({ ref, user, address, from, to }: ConnectionFilters, parameter: Parameter): string | undefined {
  const of = (condition: string): string =>
    `select c.id, true as matches from waybill.ledger_connection c where ${condition} limit ${MOST_CANDIDATES + 1}`;
  if (ref !== undefined) return of(`c.ref = ${parameter(ref.toUpperCase())}`);
  if (user !== undefined) return of(`c.user_id = ${parameter(user)}`);
  if (address !== undefined) return of(`c.address = ${parameter(address)}`);
  if (from === undefined && to === undefined) return undefined;
  return of(
    `box(point(0, c.opened_at), point(0, c.closed_at)) && box(point(0, ${parameter(from ?? 0)}::bigint), point(0, ${parameter(to ?? Number.MAX_SAFE_INTEGER)}::bigint))`,
  );
}

/** Connections of a code or a client, from the index alone. */
function walkOf(filters: ConnectionFilters, parameter: Parameter): string | undefined {
  const driver = driverOf(filters, parameter);
  if (driver === undefined) return undefined;
  const matches = residueOf(filters, parameter, (name) => driver.includes.includes(name) && !driver.decides.includes(name));
  return `select c.id, ${matches} as matches from waybill.ledger_connection c where ${driver.condition}
    order by c.closed_at desc, c.id desc limit ${MOST_READ + 1}`;
}

/** How many a scan looks at for one page; the connection at this place in it says where the next page goes on. */
export interface Scan extends Statement {
  readonly most: number;
}

/**
 * Connections in order of time: their time, id and place in the scan, and the view of those that match. The last row may be one that does
 * not match, where no more are looked at.
 */
export function scanStatement(
  filters: ConnectionFilters,
  order: TimeOrder,
  after: { readonly at: number; readonly id: string } | undefined,
  limit: number,
): Scan {
  const values: unknown[] = [];
  const parameter: Parameter = (value) => `$${values.push(value)}`;
  const direction = order.descending ? 'desc' : 'asc';
  const later = order.descending ? '<' : '>';
  const sorted = `order by c.${order.column} ${direction}, c.id ${direction}`;
  const driver = order.column === 'closed_at' ? driverOf(filters, parameter) : undefined;
  const isLeft = (name: keyof ConnectionFilters): boolean => driver?.decides.includes(name) !== true;
  const conditions = [
    driver?.condition,
    after === undefined ? undefined : `(c.${order.column}, c.id) ${later} (${parameter(after.at)}::bigint, ${parameter(after.id)}::uuid)`,
    ...boundsOf(filters, order, parameter),
  ].filter((condition) => condition !== undefined);
  const matches = residueOf(filters, parameter, isLeft);
  const left = (Object.keys(filters) as (keyof ConnectionFilters)[]).filter((name) => filters[name] !== undefined && isLeft(name));
  const most = left.every((name) => driver?.includes.includes(name)) ? MOST_IN_INDEX : MOST_READ;
  const text = `
select w.at, w.id, w.place, (select v.view from waybill.ledger_connection v where v.id = w.id and w.matches) from (
  select c.${order.column} as at, c.id, ${matches} as matches, row_number() over (${sorted}) as place
    from waybill.ledger_connection c where ${['true', ...conditions].join(' and ')} ${sorted} limit ${most}) w
  where w.matches or w.place = ${most} limit ${parameter(limit)}`;
  return { text, values, most };
}

/** What bounds the order of time itself. */
function boundsOf({ from, to }: ConnectionFilters, { column }: TimeOrder, parameter: Parameter): readonly string[] {
  if (column === 'opened_at') return to === undefined ? [] : [`c.opened_at <= ${parameter(to)}`];
  return from === undefined ? [] : [`c.closed_at >= ${parameter(from)}`];
}

/** The index that leaves least; undefined: none does better than the order of time. */
function driverOf({ user, address, code, client }: ConnectionFilters, parameter: Parameter): Driver | undefined {
  const includes = ['client', 'from', 'to'] as const;
  if (user !== undefined) return { condition: `c.user_id = ${parameter(user)}`, decides: ['user'], includes: ['from'] };
  if (address !== undefined) return { condition: `c.address = ${parameter(address)}`, decides: ['address'], includes: ['from'] };
  if (code !== undefined) return { condition: `c.code = ${parameter(code)}`, decides: ['code'], includes };
  if (client === undefined) return undefined;
  const [name, version, more] = client.split('/');
  if (version === undefined) return { condition: `split_part(c.client, '/', 1) = ${parameter(client)}`, decides: ['client'], includes };
  const condition = `split_part(c.client, '/', 1) || '/' || split_part(c.client, '/', 2) = ${parameter(`${name}/${version}`)}`;
  return { condition, decides: version === '' || more !== undefined ? [] : ['client'], includes };
}

function residueOf(filters: ConnectionFilters, parameter: Parameter, isLeft: (name: keyof ConnectionFilters) => boolean): string {
  const conditions: { readonly [Name in keyof Required<ConnectionFilters>]: (value: NonNullable<ConnectionFilters[Name]>) => string } = {
    user: (user) => `c.user_id = ${parameter(user)}`,
    address: (address) => `c.address = ${parameter(address)}`,
    client: (client) => `(c.client = ${parameter(client)} or starts_with(c.client, ${parameter(`${client}/`)}))`,
    topic: (topic) => `c.view -> 'topics' ? ${parameter(topic)}`,
    ref: (ref) => `c.ref = ${parameter(ref.toUpperCase())}`,
    node: (node) => `c.node = ${parameter(node)}`,
    code: (code) => `c.code = ${parameter(code)}`,
    reason: (reason) => `position(${parameter(reason.toLowerCase())} in lower(c.reason)) > 0`,
    from: (from) => `c.closed_at >= ${parameter(from)}`,
    to: (to) => `c.opened_at <= ${parameter(to)}`,
  };
  const parts = (Object.keys(conditions) as (keyof ConnectionFilters)[]).flatMap((name) => {
    const value = filters[name];
    return value === undefined || !isLeft(name) ? [] : [(conditions[name] as (value: string | number) => string)(value)];
  });
  return parts.length === 0 ? 'true' : parts.join(' and ');
}
