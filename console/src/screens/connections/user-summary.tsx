import { Anchor, Group, Skeleton, Text } from '@mantine/core';
import { Link } from 'react-router';
import { type Page, useGet } from '../../api/list.ts';
import { useMay } from '../../api/session.ts';
import { Facts } from '../../ui/facts.tsx';
import { count } from '../../ui/format.ts';
import { Panel } from '../../ui/panel.tsx';
import { Status } from '../../ui/status.tsx';
import { Ago, Time } from '../../ui/time.tsx';
import { BlockUser, type UserBlock } from './block-user.tsx';
import type { ConnectionItem } from './connection-item.ts';

const EVERY_MS = 5_000;
/** More devices than anybody has are counted no further. */
const MOST = 100;

/** A user in four facts: whether they are here, on how many devices, when they were last seen, and whether they may come in. */
export function UserSummary({ user }: { readonly user: string }) {
  const open = useGet<Page<ConnectionItem>>('ops/connections', { state: 'open', user, limit: MOST }, { refresh: EVERY_MS });
  const closed = useGet<Page<ConnectionItem>>(
    'ops/connections',
    { state: 'closed', user, limit: 1, sort: '-closed_at' },
    { refresh: EVERY_MS },
  );
  const blocks = useGet<Page<UserBlock>>('auth/blocks', { user, limit: 1 }, { refresh: EVERY_MS });
  const mayBlock = useMay('operator');
  const devices = open.data?.items;
  if (devices === undefined && open.error === null) return <Skeleton height={92} />;
  const block = blocks.data?.items[0];
  const last = closed.data?.items[0];
  return (
    <Panel
      title="This user"
      actions={
        <Group gap="sm">
          <Anchor component={Link} to={`/messages/explain?user=${encodeURIComponent(user)}`} size="sm">
            Why did … not get …?
          </Anchor>
          <Anchor component={Link} to={`/refusals?user=${encodeURIComponent(user)}`} size="sm">
            What was refused
          </Anchor>
          <Anchor component={Link} to={`/live?start=user:${encodeURIComponent(user)}`} size="sm">
            Watch
          </Anchor>
          {mayBlock && blocks.data !== undefined && <BlockUser user={user} block={block} />}
        </Group>
      }
    >
      <Facts
        of={[
          [
            'Devices now',
            <b key="devices" data-testid="devices-now" className="tabular">
              {devices === undefined ? '–' : `${count(devices.length)}${open.data?.next === undefined ? '' : ' or more'}`}
            </b>,
          ],
          ['Last seen', devices !== undefined && devices.length > 0 ? 'now' : <Ago key="seen" at={last?.closed_at} />],
          ['May come in', <Admission key="may" block={block} known={blocks.data !== undefined} />],
          ['Clients', devices === undefined || devices.length === 0 ? undefined : clientsOf(devices)],
        ]}
      />
    </Panel>
  );
}

function Admission({ block, known }: { readonly block: UserBlock | undefined; readonly known: boolean }) {
  if (!known) return <span className="quiet">not known</span>;
  if (block === undefined) return <Status tone="good">yes, not blocked</Status>;
  return (
    <Text span size="sm">
      <Status tone="bad">blocked</Status> by {block.created_by} <Ago at={block.created_at} />
      {block.reason === '' ? '' : `: ${block.reason}`}
      {block.expires_at === undefined ? ', until it is taken back' : <>, until {<Time at={block.expires_at} />}</>}
    </Text>
  );
}

function clientsOf(devices: readonly ConnectionItem[]): string {
  return [...new Set(devices.map(({ client }) => client ?? 'unnamed'))].toSorted().join(', ');
}
