import { Anchor, Text } from '@mantine/core';
import { Link } from 'react-router';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { count } from '../../ui/format.ts';
import { Panel } from '../../ui/panel.tsx';
import { Ago } from '../../ui/time.tsx';
import type { ConnectionStory, SubscriptionItem } from './connection-item.ts';

const COLUMNS: readonly Column<SubscriptionItem>[] = [
  { key: 'topic', title: 'Topic', cell: ({ topic }) => <TopicLink topic={topic} /> },
  { key: 'since', title: 'Since', wide: true, cell: ({ since }) => <Ago at={since} /> },
  { key: 'head', title: 'Newest', numeric: true, cell: ({ head }) => count(head) },
  { key: 'written', title: 'Written up to', numeric: true, cell: ({ written }) => count(written) },
  {
    key: 'behind',
    title: 'Behind',
    numeric: true,
    cell: ({ head, written }) => (head > written ? <b>{count(head - written)}</b> : <span className="quiet">0</span>),
  },
  {
    key: 'acked',
    title: 'Acknowledged',
    numeric: true,
    wide: true,
    cell: ({ acked }) => (acked === undefined ? <span className="quiet">never</span> : count(acked)),
  },
  {
    key: 'missed',
    title: 'Not given',
    numeric: true,
    wide: true,
    cell: ({ missed }) => (missed === 0 ? <span className="quiet">0</span> : <b>{count(missed)}</b>),
  },
];

/** What it is subscribed to, and how far it is in each topic. Of one that ended only the topics are known here. */
export function SubscriptionTable({ item }: { readonly item: ConnectionStory }) {
  const { subscriptions, topics } = item;
  if (subscriptions !== undefined)
    return (
      <Panel title="Subscriptions" about="Positions: “written” went to its socket. Only “acknowledged” is the client’s own word.">
        <DataTable
          label="Subscriptions"
          columns={COLUMNS}
          rows={subscriptions}
          rowKey={({ topic }) => topic}
          empty={{ title: 'No subscription', detail: 'It has not subscribed to anything yet.' }}
        />
      </Panel>
    );
  return (
    <Panel title="Subscriptions" {...(item.state === 'closed' ? { about: 'As they stood at the end.' } : {})}>
      {topics.length === 0 ? (
        <Text size="sm" className="quiet">
          None.
        </Text>
      ) : (
        <ul style={{ margin: 0, paddingLeft: 18 }}>
          {topics.map((topic) => (
            <li key={topic}>
              <TopicLink topic={topic} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function TopicLink({ topic }: { readonly topic: string }) {
  return (
    <Anchor component={Link} to={`/topics/${encodeURIComponent(topic)}`} size="sm" className="mono breakable">
      {topic}
    </Anchor>
  );
}
