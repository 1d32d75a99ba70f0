import { Alert, Anchor } from '@mantine/core';
import { Link } from 'react-router';
import type { Equivalent } from '../../ui/commands.tsx';
import { Copyable } from '../../ui/copy.tsx';
import { Facts } from '../../ui/facts.tsx';
import { Panel } from '../../ui/panel.tsx';
import { ScreenFrame } from '../../ui/screen.tsx';
import { Time } from '../../ui/time.tsx';
import { type ConnectionRemains, userPath } from './connection-item.ts';

interface RemainsProps {
  readonly item: ConnectionRemains;
  readonly equivalents: readonly Equivalent[];
}

/** A connection of which only receipts are left: says what is known, and what nobody can know. */
export function Remains({ item, equivalents }: RemainsProps) {
  return (
    <ScreenFrame title={item.user} name={`Connection ${item.id}`} equivalents={equivalents}>
      <Alert color="yellow" title={item.state === 'lost' ? 'Its node was lost' : 'It has no record of its own'}>
        {item.why}.
      </Alert>
      <Panel title="What is known">
        <Facts
          of={[
            [
              'User',
              <Anchor key="user" component={Link} to={userPath(item.user)} size="sm" className="breakable">
                {item.user}
              </Anchor>,
            ],
            ['Id', <Copyable key="id" text={item.id} what="id" />],
            ['Node', <Copyable key="node" text={item.node} what="node" />],
            ['First subscribed', <Time key="since" at={item.subscribed_at} milliseconds />],
            ['Topics', item.topics.join(', ')],
          ]}
        />
      </Panel>
    </ScreenFrame>
  );
}
