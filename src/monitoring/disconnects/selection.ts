import { type ConnectionQuery, type ConnectionView, GatewayControl } from '../../messaging/gateway-control.js';
import type { ConnectionSpan } from '../../messaging/ledger/ledger-reader.js';

/** Which connections are meant: those that fulfil every member. Names are those of REST. */
export interface DisconnectFilter {
  readonly user?: string | undefined;
  readonly address?: string | undefined;
  /** A name, whatever its version, or `name/version`. */
  readonly client?: string | undefined;
  readonly topic?: string | undefined;
  /** Open for at least so many seconds. */
  readonly older_than_s?: number | undefined;
}

const EVERYTHING: ConnectionQuery & ConnectionSpan = {
  state: 'open',
  sort: 'opened_at',
  limit: Infinity,
  cursor: undefined,
  filters: {},
};
const MS_PER_S = 1_000;

/** Whether it names nothing, and so means everybody. */
export function isEmpty(filter: DisconnectFilter): boolean {
  return Object.values(filter).every((value) => value === undefined);
}

/** The open connections that are meant now, oldest first; `except`: a user who is never meant. */
export function selected(gateway: GatewayControl, filter: DisconnectFilter, except: string | undefined): readonly ConnectionView[] {
  const { older_than_s: seconds, ...rest } = filter;
  const filters = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  const leastAgeMs = (seconds ?? 0) * MS_PER_S;
  return gateway
    .connections({ ...EVERYTHING, filters })
    .items.filter(
      ({ state, user, age_ms: ageMs }) =>
        (state === 'open' || state === 'authenticating') && ageMs >= leastAgeMs && (except === undefined || user !== except),
    );
}
