import { Alert, Anchor } from '@mantine/core';
import { Link } from 'react-router';
import type { Page } from '../../api/list.ts';
import { useMay } from '../../api/session.ts';
import { useNow, useTimeZoneChoice } from '../../ui/clock.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { ScreenFrame } from '../../ui/screen.tsx';
import { useUrlState } from '../../ui/url-state.ts';
import { usePaged } from '../../ui/use-paged.ts';
import { BulkDisconnect } from './bulk-disconnect.tsx';
import { columnsOf, usualSort } from './connection-columns.tsx';
import { ConnectionFilterBar } from './connection-filter-bar.tsx';
import { type ConnectionFilters, commandOf, filtersOf, isNarrowed, isUserPage, NO_FILTERS, queryOf } from './connection-filters.ts';
import { type ConnectionItem, connectionPath } from './connection-item.ts';
import { DisconnectRuns } from './disconnect-runs.tsx';
import { UserSummary } from './user-summary.tsx';

const LIMIT = 50;
const EVERY_MS = 3_000;
const MINUTE_MS = 60_000;

type ConnectionPage = Page<ConnectionItem> & { readonly why?: string };

/** Q1, Q2, Q20: who is connected, who was, and why they are not any more. */
export function Screen() {
  const [url, change] = useUrlState({ ...NO_FILTERS, sort: '', more: '', cursor: '' });
  const filters = filtersOf(url);
  const { sort: chosenSort, more } = url;
  const { zone } = useTimeZoneChoice();
  // Moments such as "an hour ago" move once a minute, and with them what is asked.
  const minute = Math.floor(useNow() / MINUTE_MS) * MINUTE_MS;
  const { query, unread } = queryOf(filters, zone, minute);
  const sort = chosenSort === '' ? usualSort(filters.state) : chosenSort;
  const mayDisconnect = useMay('operator');
  const { items, asOf, data, error, refetch, onNext, onFirst } = usePaged<ConnectionItem>(
    'ops/connections',
    { ...query, sort },
    { refresh: EVERY_MS, limit: LIMIT },
  );
  const restart = (changed: Partial<ConnectionFilters>) => {
    const state = changed.state ?? filters.state;
    // What one list is sorted by, another may not have.
    change({ ...changed, ...(state === filters.state ? {} : { sort: '' }), cursor: '' });
  };
  const page: ConnectionPage | undefined = data;
  const userPage = isUserPage(filters);
  return (
    <ScreenFrame
      title={userPage ? filters.user : 'Connections'}
      {...(userPage ? { name: `User ${filters.user}` } : {})}
      about={userPage ? 'A user: devices, how their connections ended, and whether they may come in.' : ABOUT[filters.state]}
      asOf={asOf}
      missing={data?.missing}
      equivalents={[{ path: 'ops/connections', query: { ...query, sort, limit: LIMIT }, cli: commandOf(query, sort, LIMIT) }]}
      actions={mayDisconnect && filters.state === 'open' ? <BulkDisconnect query={query} unread={unread} /> : undefined}
    >
      {userPage && <UserSummary user={filters.user} />}
      {mayDisconnect && <DisconnectRuns />}
      <ConnectionFilterBar filters={filters} more={more !== ''} onMore={(on) => change({ more: on ? '1' : '' })} onChange={restart} />
      {unread.length > 0 && (
        <Alert color="yellow" role="alert">
          A time could not be read and is not used. Write 30m or 2h for so long ago, 14:30 for today, or 2026-11-22 14:30.
        </Alert>
      )}
      {page?.complete === false && (
        <Alert color="yellow" role="status">
          Not all are shown: {page.why ?? 'some could not be looked up'}.
        </Alert>
      )}
      <DataTable
        label="Connections"
        columns={columnsOf(filters.state)}
        rows={items}
        rowKey={({ id }) => id}
        to={({ id }) => connectionPath(id)}
        error={error}
        onRetry={() => void refetch()}
        empty={emptyOf(filters)}
        sort={sort}
        onSort={(next) => change({ sort: next, cursor: '' })}
        onNext={onNext}
        onFirst={onFirst}
      />
      {items?.length === 0 && filters.state !== 'all' && isNarrowed(filters) && (
        <Anchor component={Link} to={`?${allOf(filters)}`} size="sm" ta="center">
          Look among open and closed ones
        </Anchor>
      )}
    </ScreenFrame>
  );
}

const ABOUT: Readonly<Record<string, string>> = {
  open: 'Who is connected now. Sort by “Queued” for those that do not keep up.',
  closed: 'Who was connected, and how it ended: of every node, for as long as it is recorded.',
  all: 'Who is or was connected.',
};

function emptyOf(filters: ConnectionFilters): { readonly title: string; readonly detail: string } {
  if (isNarrowed(filters)) {
    return {
      title: filters.state === 'open' ? 'No open connection is like this' : 'No connection is like this',
      detail: 'Filters hold together, and names must be whole. A connection ends up here only as long as it is recorded.',
    };
  }
  return filters.state === 'open'
    ? {
        title: 'Nobody is connected',
        detail: 'When clients connect, they appear here within seconds. “Refusals” shows those that were turned away.',
      }
    : { title: 'No connection has ended yet', detail: 'What is recorded of them ends by itself after a week, unless it is set otherwise.' };
}

function allOf(filters: ConnectionFilters): string {
  const set = Object.entries({ ...filters, state: 'all' }).filter(([, text]) => text !== '');
  return new URLSearchParams(set).toString();
}
