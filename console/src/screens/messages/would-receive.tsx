import { Anchor, Group, Stack, Text } from '@mantine/core';
import { Link } from 'react-router';
import { useGet } from '../../api/list.ts';
import { type MissingNode, MissingNodes } from '../../ui/missing-nodes.tsx';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { bytes, count, NOTHING } from '../../ui/format.ts';
import { Panel } from '../../ui/panel.tsx';
import { Status } from '../../ui/status.tsx';
import { useUrlState } from '../../ui/url-state.ts';
import { connectionPage, explainPage } from './places.ts';

/** `GET ops/recipients`: connections of this node that a publish would reach now. */
interface DryRun {
  readonly missing: readonly MissingNode[];
  readonly total: number;
  readonly users: number;
  readonly namespace_ledger: 'receipts' | 'off';
  readonly items: readonly Listener[];
  readonly as_of: number;
  readonly next?: string;
}

interface Listener {
  readonly user: string;
  readonly connection_id: string;
  readonly ref?: string;
  readonly node: string;
  readonly client?: string;
  readonly joining: boolean;
  readonly slow: boolean;
  readonly queued_bytes: number;
  readonly acknowledges: boolean;
}

const REFRESH_MS = 5_000;
const PAGE = 50;
const TITLE = 'Who would receive a publish now';

/** Who would receive a message that was published to the topic now. Nothing is published. */
export function WouldReceive({ topic }: { readonly topic: string }) {
  const [{ cursor }, change] = useUrlState({ cursor: '' });
  const { data, error, refetch } = useGet<DryRun>(
    'ops/recipients',
    { topic, limit: PAGE, cursor },
    { refresh: cursor === '' ? REFRESH_MS : false },
  );
  return (
    <Panel title={TITLE} about="Connections of this node that are subscribed at this moment. Nothing is published.">
      <Stack gap="xs">
        <MissingNodes missing={data?.missing} />
        {data !== undefined && (
          <Group gap="xs">
            <Text size="sm" data-testid="would-receive">
              <b className="tabular">{count(data.total)}</b> {data.total === 1 ? 'connection' : 'connections'} of{' '}
              <b className="tabular">{count(data.users)}</b> {data.users === 1 ? 'user' : 'users'}
            </Text>
            {data.namespace_ledger === 'off' && <Status tone="warn">the ledger is off: it would not be recorded</Status>}
          </Group>
        )}
        <DataTable
          label={TITLE}
          columns={columnsOf(topic)}
          rows={data?.items}
          rowKey={({ connection_id: id }) => id}
          error={error}
          onRetry={() => void refetch()}
          empty={{
            title: 'Nobody on this node',
            detail:
              'A message published now is stored, and reaches those who subscribe or read history later. Other nodes may have subscribers of their own.',
          }}
          onNext={data?.next === undefined ? undefined : () => change({ cursor: data.next ?? '' })}
          onFirst={cursor === '' ? undefined : () => change({ cursor: '' })}
        />
      </Stack>
    </Panel>
  );
}

function columnsOf(topic: string): readonly Column<Listener>[] {
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
    { key: 'state', title: 'State', cell: (listener) => <State listener={listener} /> },
    { key: 'queued', title: 'Queued', numeric: true, cell: ({ queued_bytes: queued }) => bytes(queued) },
    { key: 'acks', title: 'Acknowledges', wide: true, cell: ({ acknowledges }) => (acknowledges ? 'yes' : 'no') },
    { key: 'client', title: 'Client', wide: true, cell: ({ client }) => <span className="breakable">{client ?? NOTHING}</span> },
    { key: 'node', title: 'Node', wide: true, cell: ({ node }) => <span className="quiet breakable">{node}</span> },
  ];
}

function State({ listener: { joining, slow } }: { readonly listener: Listener }) {
  if (joining) return <Status tone="accent">catching up</Status>;
  return slow ? <Status tone="warn">slow</Status> : <Status tone="good">live</Status>;
}
