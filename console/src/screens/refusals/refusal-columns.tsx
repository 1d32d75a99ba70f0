import { Anchor, Button, Group, Text } from '@mantine/core';
import { Link } from 'react-router';
import type { Column } from '../../ui/data-table.tsx';
import { count } from '../../ui/format.ts';
import { Status } from '../../ui/status.tsx';
import { Ago } from '../../ui/time.tsx';
import { connectionPath, userPath } from '../connections/connection-item.ts';
import { type RefusalItem, type RefusalSum, refusedWhat } from './refusal-item.ts';
import { whatToDo } from './what-to-do.ts';

type Narrow = (sum: Pick<RefusalSum, 'kind' | 'code'>) => void;

/** What is refused, over everybody. */
export function sumColumns(onNarrow: Narrow): readonly Column<RefusalSum>[] {
  return [
    { key: 'hour', title: 'Last hour', numeric: true, cell: ({ last_hour: hour }) => <b>{count(hour)}</b> },
    {
      key: 'what',
      title: 'Refused',
      cell: (sum) => (
        <Button variant="subtle" size="compact-sm" px={4} onClick={() => onNarrow(sum)} title={`Only ${sum.kind} ${sum.code}`}>
          {refusedWhat(sum.kind)}
        </Button>
      ),
    },
    { key: 'code', title: 'Code and rule', cell: (sum) => <CodeAndRule of={sum} /> },
    { key: 'why', title: 'Why, and what to do', wide: true, cell: (sum) => <Why of={sum} /> },
    { key: 'total', title: 'Since start', numeric: true, wide: true, cell: ({ total }) => count(total) },
    { key: 'last', title: 'Last', numeric: true, cell: ({ last_at: at }) => <Ago at={at} /> },
  ];
}

/** Who was refused what, the latest first. */
export const LATEST_COLUMNS: readonly Column<RefusalItem>[] = [
  { key: 'last', title: 'Last', cell: ({ last_at: at }) => <Ago at={at} /> },
  { key: 'who', title: 'Who', cell: (item) => <Who item={item} /> },
  {
    key: 'from',
    title: 'From',
    wide: true,
    cell: ({ address, client }) => (
      <>
        <span className="mono tabular">{address}</span>
        <Text size="xs" className="quiet breakable">
          {client}
        </Text>
      </>
    ),
  },
  {
    key: 'what',
    title: 'Refused',
    cell: ({ kind, topic }) => (
      <>
        {refusedWhat(kind)}
        {topic !== undefined && (
          <Text size="xs" className="mono quiet breakable">
            {topic}
          </Text>
        )}
      </>
    ),
  },
  { key: 'code', title: 'Code and rule', cell: (item) => <CodeAndRule of={item} /> },
  { key: 'why', title: 'Why, and what to do', wide: true, cell: (item) => <Why of={item} /> },
  { key: 'times', title: 'Times', numeric: true, cell: ({ count: times }) => count(times) },
];

function Who({ item: { user, connection_id: id, ref, trace_id: trace } }: { readonly item: RefusalItem }) {
  return (
    <>
      {user === undefined ? <span className="quiet">did not say</span> : <UserLink user={user} />}
      <Group gap={8}>
        {id !== undefined && (
          <Anchor component={Link} to={connectionPath(id)} size="xs" className="mono tabular">
            {ref ?? 'connection'}
          </Anchor>
        )}
        {trace !== undefined && (
          <Anchor component={Link} to={`/traces/${encodeURIComponent(trace)}`} size="xs">
            trace
          </Anchor>
        )}
      </Group>
    </>
  );
}

/** Keys and operators are no users, and have no page of their own here. */
function UserLink({ user }: { readonly user: string }) {
  if (/^(?:key|operator):/.test(user)) return <span className="breakable">{user}</span>;
  return (
    <Anchor component={Link} to={userPath(user)} size="sm" className="breakable">
      {user}
    </Anchor>
  );
}

function CodeAndRule({ of: { code, rule } }: { readonly of: Pick<RefusalItem, 'code' | 'rule'> }) {
  return (
    <>
      <Status tone="quiet">{code}</Status>
      {rule !== undefined && (
        <Text size="xs" className="mono quiet breakable">
          {rule}
        </Text>
      )}
    </>
  );
}

function Why({ of }: { readonly of: Pick<RefusalItem, 'kind' | 'code' | 'rule' | 'message'> }) {
  const todo = whatToDo(of);
  return (
    <div style={{ maxWidth: 520 }}>
      <Text size="sm" className="breakable">
        {of.message}
      </Text>
      {todo !== '' && (
        <Text size="xs" className="quiet">
          {todo}
        </Text>
      )}
    </div>
  );
}
