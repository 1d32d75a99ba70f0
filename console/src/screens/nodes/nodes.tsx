import { Alert, Anchor, Text } from '@mantine/core';
import { Link } from 'react-router';
import { useGet } from '../../api/list.ts';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { bytes, count, duration, percent } from '../../ui/format.ts';
import { ScreenFrame } from '../../ui/screen.tsx';
import { Status } from '../../ui/status.tsx';
import { Ago } from '../../ui/time.tsx';
import { type NodeList, type NodeView, STATE_TONES, troubles } from './node-view.ts';

const EVERY_MS = 3_000;
const place = ({ node }: NodeView): string => `/nodes/${encodeURIComponent(node)}`;

const COLUMNS: readonly Column<NodeView>[] = [
  {
    key: 'node',
    title: 'Node',
    cell: (view) => (
      <>
        <Anchor component={Link} to={place(view)} className="mono" inherit>
          {view.node}
        </Anchor>
        {view.this && <span className="quiet"> answers</span>}
      </>
    ),
  },
  { key: 'state', title: 'State', cell: ({ state }) => <Status tone={STATE_TONES[state]}>{state}</Status> },
  { key: 'why', title: 'What is wrong', cell: (view) => <Troubles of={view} /> },
  { key: 'connections', title: 'Connections', numeric: true, cell: ({ connections }) => count(connections) },
  { key: 'loop', title: 'Loop delay p99', numeric: true, wide: true, cell: ({ event_loop: loop }) => duration(loop.delay_p99_ms) },
  { key: 'busy', title: 'Loop busy', numeric: true, wide: true, cell: ({ event_loop: loop }) => percent(loop.utilization) },
  { key: 'memory', title: 'Memory', numeric: true, wide: true, cell: ({ memory }) => bytes(memory.rss_bytes) },
  {
    key: 'nearest',
    title: 'Nearest limit',
    wide: true,
    cell: ({ limits: [first] }) => (first === undefined ? '' : `${first.name.replaceAll('_', ' ')} ${percent(first.share)}`),
  },
  { key: 'region', title: 'Region', wide: true, cell: ({ region }) => region ?? '' },
  { key: 'version', title: 'Version', wide: true, cell: ({ version }) => version },
  { key: 'started_at', title: 'Started', numeric: true, wide: true, cell: ({ started_at: at }) => <Ago at={at} /> },
];

export function Screen() {
  const { data, error, refetch } = useGet<NodeList>('ops/nodes', undefined, { refresh: EVERY_MS });
  return (
    <ScreenFrame
      title="Nodes"
      about="Which node is unhealthy, and why; how near each is to a limit; and emptying one"
      asOf={data?.as_of}
      equivalents={[{ path: 'ops/nodes', cli: 'waybill nodes' }]}
    >
      {data !== undefined && data.missing.length > 0 && (
        <Alert color="yellow" role="alert" title="Not all nodes answered">
          {data.missing.map(({ node, says }) => `${node} ${says}`).join('; ')}. What is there is not in this table.
        </Alert>
      )}
      <DataTable
        label="Nodes"
        columns={COLUMNS}
        rows={data?.nodes}
        rowKey={({ node }) => node}
        to={place}
        error={error}
        onRetry={() => void refetch()}
        empty={{ title: 'No node answered' }}
      />
    </ScreenFrame>
  );
}

function Troubles({ of: view }: { readonly of: NodeView }) {
  const found = troubles(view);
  if (found.length === 0) return <span className="quiet">nothing</span>;
  return (
    <Text span inherit className="breakable">
      {found.join('; ')}
    </Text>
  );
}
