import { Anchor, Text } from '@mantine/core';
import { Link } from 'react-router';
import type { Column } from '../../ui/data-table.tsx';
import { bytes, count, duration } from '../../ui/format.ts';
import { connectionPath, userPath } from '../connections/connection-item.ts';
import { QueueFill } from './queue-fill.tsx';
import type { SlowItem, SlowLimits } from './slow-item.ts';
import { whatActs } from './what-acts.ts';

/** Who is slow, by how much, since when, and what will happen. */
export function slowColumns(limits: SlowLimits): readonly Column<SlowItem>[] {
  return [
    {
      key: 'user',
      title: 'User',
      cell: ({ user, client }) => (
        <>
          {user === undefined ? <span className="quiet">nobody</span> : <UserLink user={user} />}
          <Text size="xs" className="quiet breakable">
            {client}
          </Text>
        </>
      ),
    },
    {
      key: 'ref',
      title: 'Ref',
      wide: true,
      cell: ({ id, ref }) => (
        <Anchor component={Link} to={connectionPath(id)} size="sm" className="mono tabular" onClick={(event) => event.stopPropagation()}>
          {ref}
        </Anchor>
      ),
    },
    { key: 'node', title: 'Node', wide: true, cell: ({ node }) => <span className="mono tabular">{node}</span> },
    { key: 'queued_ms', title: 'Slow for', numeric: true, cell: ({ queued_ms: ms }) => duration(Math.floor(ms / 1_000) * 1_000) },
    {
      key: 'queued_bytes',
      title: 'Queued',
      numeric: true,
      cell: ({ queued_bytes: size, queued_frames: frames }) => (
        <>
          <b>{bytes(size)}</b>
          <Text size="xs" className="quiet tabular">
            {count(frames)} frames
          </Text>
        </>
      ),
    },
    {
      key: 'fill',
      title: 'Of its limit',
      numeric: true,
      wide: true,
      cell: (item) => {
        const { fill, soon } = whatActs(item, limits);
        return <QueueFill fill={fill} soon={soon} />;
      },
    },
    { key: 'dropped', title: 'Dropped', numeric: true, wide: true, cell: ({ dropped_messages: dropped }) => count(dropped) },
    {
      key: 'acts',
      title: 'What will happen',
      wide: true,
      cell: (item) => (
        <Text size="sm" maw={420}>
          {whatActs(item, limits).sentence}
        </Text>
      ),
    },
    { key: 'rtt_ms', title: 'Round trip', numeric: true, wide: true, cell: ({ rtt_ms: rtt }) => duration(rtt) },
  ];
}

function UserLink({ user }: { readonly user: string }) {
  return (
    <Anchor component={Link} to={userPath(user)} size="sm" className="breakable" onClick={(event) => event.stopPropagation()}>
      {user}
    </Anchor>
  );
}
