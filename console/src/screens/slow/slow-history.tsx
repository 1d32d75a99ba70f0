import { SimpleGrid } from '@mantine/core';
import { type Page, useGet } from '../../api/list.ts';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { bytes, count } from '../../ui/format.ts';
import { Panel } from '../../ui/panel.tsx';
import { Ago } from '../../ui/time.tsx';
import { CloseCell } from '../connections/close-cell.tsx';
import { type ConnectionItem, connectionPath } from '../connections/connection-item.ts';

const EVERY_MS = 10_000;
const LIMIT = 10;
const CLOSED_FOR_IT = [4408, 4450];

const DROPPED: readonly Column<ConnectionItem>[] = [
  { key: 'user', title: 'User', cell: ({ user }) => <span className="breakable">{user ?? 'nobody'}</span> },
  { key: 'client', title: 'Client', wide: true, cell: ({ client }) => <span className="breakable">{client}</span> },
  { key: 'dropped', title: 'Dropped', numeric: true, cell: (item) => <b>{count(item.dropped_messages)}</b> },
  { key: 'worst', title: 'Queued at worst', numeric: true, cell: (item) => bytes(item.max_queued_bytes) },
];
const ENDED: readonly Column<ConnectionItem>[] = [
  { key: 'user', title: 'User', cell: ({ user }) => <span className="breakable">{user ?? 'nobody'}</span> },
  { key: 'close', title: 'How it ended', cell: ({ close }) => <CloseCell {...(close === undefined ? {} : { close })} /> },
  { key: 'worst', title: 'Queued at worst', numeric: true, wide: true, cell: (item) => bytes(item.max_queued_bytes) },
  { key: 'dropped', title: 'Dropped', numeric: true, wide: true, cell: (item) => count(item.dropped_messages) },
  { key: 'closed', title: 'Ended', numeric: true, cell: ({ closed_at: at }) => <Ago at={at} /> },
];

/** Who lost messages by being slow, and who was closed for it. */
export function SlowHistory() {
  const dropped = useGet<Page<ConnectionItem>>(
    'ops/connections',
    { state: 'open', sort: '-dropped_messages', limit: LIMIT },
    { refresh: EVERY_MS },
  );
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="md">
      <Panel title="Dropped for, and still connected" about="Messages that a slow policy dropped since each connected.">
        <DataTable
          label="Connections for which messages were dropped"
          columns={DROPPED}
          rows={dropped.data?.items.filter((item) => item.dropped_messages > 0)}
          rowKey={({ id }) => id}
          to={({ id }) => connectionPath(id)}
          error={dropped.error}
          empty={{ title: 'Nothing was dropped', detail: 'Only namespaces whose slow policy is drop_oldest or keep_latest drop messages.' }}
        />
      </Panel>
      <Panel title="Closed for being slow" about="4408: too much waited. 4450: no byte moved.">
        <ClosedForIt />
      </Panel>
    </SimpleGrid>
  );
}

function ClosedForIt() {
  const [full, stalled] = CLOSED_FOR_IT.map((code) => ({ state: 'closed', sort: '-closed_at', limit: LIMIT, code }));
  const first = useGet<Page<ConnectionItem>>('ops/connections', full, { refresh: EVERY_MS });
  const second = useGet<Page<ConnectionItem>>('ops/connections', stalled, { refresh: EVERY_MS });
  const known = first.data === undefined || second.data === undefined ? undefined : [...first.data.items, ...second.data.items];
  return (
    <DataTable
      label="Connections that were closed for being slow"
      columns={ENDED}
      rows={known?.toSorted((a, b) => (b.closed_at ?? 0) - (a.closed_at ?? 0)).slice(0, LIMIT)}
      rowKey={({ id }) => id}
      to={({ id }) => connectionPath(id)}
      error={first.error ?? second.error}
      empty={{
        title: 'Nobody was closed for being slow',
        detail: 'For as long as closed connections are recorded, a week unless set otherwise.',
      }}
    />
  );
}
