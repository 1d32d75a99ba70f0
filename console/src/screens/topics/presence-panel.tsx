import { Anchor, Button, Group, Stack, Text } from '@mantine/core';
import { Link } from 'react-router';
import { useGet } from '../../api/list.ts';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { count } from '../../ui/format.ts';
import { Panel } from '../../ui/panel.tsx';
import { Ago } from '../../ui/time.tsx';
import { connectionPage, userPage } from '../messages/places.ts';

interface Presence {
  readonly users: number;
  readonly connections: number;
  readonly members: readonly Member[];
}

interface Member {
  readonly user: string;
  readonly connection_id: string;
  readonly node: string;
  readonly joined_at: number;
}

const COLUMNS: readonly Column<Member>[] = [
  {
    key: 'user',
    title: 'User',
    cell: ({ user }) => (
      <Anchor component={Link} to={userPage(user)} inherit className="breakable">
        {user}
      </Anchor>
    ),
  },
  {
    key: 'connection',
    title: 'Connection',
    cell: ({ connection_id: id }) => (
      <Anchor component={Link} to={connectionPage(id)} inherit className="mono">
        {id.slice(0, 8)}
      </Anchor>
    ),
  },
  { key: 'joined', title: 'Joined', cell: ({ joined_at: at }) => <Ago at={at} /> },
  { key: 'node', title: 'Node', wide: true, cell: ({ node }) => <span className="quiet breakable">{node}</span> },
];

/** Who is subscribed on any node, where the namespace keeps presence. REST bounds the list itself. */
export function PresencePanel({ topic }: { readonly topic: string }) {
  const { data, error, isFetching, refetch } = useGet<Presence>(`topics/${encodeURIComponent(topic)}/presence`);
  return (
    <Panel title="Presence" about="Subscribed on any node, where the namespace keeps presence.">
      <Stack gap="xs">
        <Group justify="space-between">
          <Text size="sm">
            {data !== undefined && (
              <>
                <b className="tabular">{count(data.users)}</b> {data.users === 1 ? 'user' : 'users'} on{' '}
                <b className="tabular">{count(data.connections)}</b> connections
                {data.members.length < data.connections && `; the first ${count(data.members.length)} are listed`}
              </>
            )}
          </Text>
          <Button size="xs" variant="default" loading={isFetching} onClick={() => void refetch()}>
            Look again
          </Button>
        </Group>
        <DataTable
          label="Presence"
          columns={COLUMNS}
          rows={data?.members}
          rowKey={({ connection_id: id }) => id}
          error={error}
          empty={{ title: 'Nobody is here', detail: 'Nobody is subscribed to it now, on any node.' }}
        />
      </Stack>
    </Panel>
  );
}
