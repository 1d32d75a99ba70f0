import { Anchor } from '@mantine/core';
import { Link } from 'react-router';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { bytes, count, NOTHING } from '../../ui/format.ts';
import { Panel } from '../../ui/panel.tsx';
import { Status } from '../../ui/status.tsx';
import { MissingNodes } from '../../ui/missing-nodes.tsx';
import { usePaged } from '../../ui/use-paged.ts';
import { connectionPage, explainPage } from '../messages/places.ts';
import type { Subscriber } from './topic-detail.ts';

const REFRESH_MS = 5_000;

/** Who listens, and how far each is. */
export function Subscribers({ topic }: { readonly topic: string }) {
  const { items, data, error, refetch, onNext, onFirst } = usePaged<Subscriber>(
    `ops/topics/${encodeURIComponent(topic)}`,
    {},
    { refresh: REFRESH_MS },
  );
  return (
    <Panel title="Subscribers" about="Connections of every node, and how far behind the newest message each is.">
      <MissingNodes missing={data?.missing} />
      <DataTable
        label="Subscribers"
        columns={columnsOf(topic)}
        rows={items}
        rowKey={({ connection_id: id }) => id}
        error={error}
        onRetry={() => void refetch()}
        empty={{
          title: 'Nobody is subscribed',
          detail: 'A message published now is stored, and reaches those who subscribe or read history later.',
        }}
        onNext={onNext}
        onFirst={onFirst}
      />
    </Panel>
  );
}

function columnsOf(topic: string): readonly Column<Subscriber>[] {
  return [
    {
      key: 'user',
      title: 'User',
      cell: ({ user }) => (
        <Anchor component={Link} to={explainPage(user, { topic })} inherit className="breakable">
          {user}
        </Anchor>
      ),
    },
    {
      key: 'connection',
      title: 'Connection',
      cell: ({ connection_id: id, ref }) => (
        <Anchor component={Link} to={connectionPage(id)} inherit className="mono">
          {ref ?? id.slice(0, 8)}
        </Anchor>
      ),
    },
    { key: 'node', title: 'Node', wide: true, cell: ({ node }) => <span className="mono tabular">{node}</span> },
    {
      key: 'state',
      title: 'State',
      cell: ({ state }) => (state === 'joining' ? <Status tone="accent">catching up</Status> : <Status tone="good">live</Status>),
    },
    {
      key: 'offered',
      title: 'Given up to',
      numeric: true,
      wide: true,
      cell: ({ offered }) => (offered === 0 ? NOTHING : `#${String(offered)}`),
    },
    { key: 'lag', title: 'Behind', numeric: true, cell: ({ lag }) => (lag > 0 ? <Status tone="warn">{count(lag)}</Status> : count(lag)) },
    {
      key: 'acked',
      title: 'Acknowledged',
      numeric: true,
      wide: true,
      cell: ({ acknowledges, acked }) => (acknowledges ? (acked === undefined ? 'nothing yet' : `#${String(acked)}`) : NOTHING),
    },
    { key: 'queued', title: 'Queued', numeric: true, cell: ({ queued_bytes: queued }) => bytes(queued) },
  ];
}
