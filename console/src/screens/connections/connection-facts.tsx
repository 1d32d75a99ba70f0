import { Anchor, Text } from '@mantine/core';
import { Link } from 'react-router';
import { Copyable } from '../../ui/copy.tsx';
import { Facts } from '../../ui/facts.tsx';
import { bytes, count, duration } from '../../ui/format.ts';
import { Panel } from '../../ui/panel.tsx';
import { Time } from '../../ui/time.tsx';
import { type ConnectionItem, userPath } from './connection-item.ts';

/** Who it is, from where, and its totals. */
export function ConnectionFacts({ item }: { readonly item: ConnectionItem }) {
  return (
    <Panel title="Who and from where">
      <Facts
        of={[
          ['User', item.user === undefined ? <span className="quiet">did not say</span> : <UserLink user={item.user} />],
          ['Roles', item.roles.length === 0 ? undefined : item.roles.join(', ')],
          ['Client', item.client ?? <span className="quiet">did not say</span>],
          ['Address', <Copyable key="address" text={item.address} what="address" />],
          ['Node', <Copyable key="node" text={item.node} what="node" />],
          ['By', item.protocol === 'sse' ? 'event stream (SSE)' : 'WebSocket'],
          ['Ref', <Copyable key="ref" text={item.ref} what="ref" />],
          ['Id', <Copyable key="id" text={item.id} what="id" />],
          ['Opened', <Time key="opened" at={item.opened_at} milliseconds />],
          ['Closed', item.closed_at === undefined ? undefined : <Time key="closed" at={item.closed_at} milliseconds />],
          ['Token ends', item.expires_at === undefined ? undefined : <Time key="expires" at={item.expires_at} />],
        ]}
      />
    </Panel>
  );
}

/** What it was sent and sent itself. */
export function ConnectionTotals({ item }: { readonly item: ConnectionItem }) {
  return (
    <Panel title="Traffic">
      <Facts
        of={[
          ['Sent to it', <Figures key="out" frames={item.frames_out} size={item.bytes_out} />],
          ['Received from it', <Figures key="in" frames={item.frames_in} size={item.bytes_in} />],
          ['Published', `${count(item.published ?? 0)} messages`],
          ['Acknowledgements', count(item.acks ?? 0)],
          ['Queued now', item.queued_bytes === 0 ? 'nothing' : `${bytes(item.queued_bytes)}, oldest for ${duration(item.queued_ms)}`],
          ['Queued at worst', item.max_queued_bytes === 0 ? 'nothing' : bytes(item.max_queued_bytes)],
          ['Dropped for it', `${count(item.dropped_messages)} messages`],
        ]}
      />
    </Panel>
  );
}

function UserLink({ user }: { readonly user: string }) {
  return (
    <Anchor component={Link} to={userPath(user)} size="sm" className="breakable">
      {user}
    </Anchor>
  );
}

function Figures({ frames, size }: { readonly frames: number; readonly size: number }) {
  return (
    <Text span size="sm" className="tabular">
      {count(frames)} {frames === 1 ? 'frame' : 'frames'}, {bytes(size)}
    </Text>
  );
}
