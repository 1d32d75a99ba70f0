import { Button, Group, Text } from '@mantine/core';
import { useState } from 'react';
import { useSession } from '../../api/session.ts';
import { useInvalidate } from '../../api/use-invalidate.ts';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { Status } from '../../ui/status.tsx';
import { Ago, Time } from '../../ui/time.tsx';
import { usePaged } from '../../ui/use-paged.ts';
import { type OperatorDeed, OperatorDeeds } from './operator-deeds.tsx';
import type { Operator } from './operator.ts';
import { RowActions } from './row-actions.tsx';

const EVERY_MS = 10_000;

/** Accounts of the people who run the gateway. */
export function OperatorsTab() {
  const { session } = useSession();
  const [deed, setDeed] = useState<OperatorDeed>();
  const { items, error, refetch, onNext, onFirst } = usePaged<Operator>('ops/operators', {}, { refresh: EVERY_MS });
  const invalidate = useInvalidate('ops/operators');
  const columns: readonly Column<Operator>[] = [
    {
      key: 'name',
      title: 'Name',
      cell: ({ name }) => (
        <span className="breakable">
          {name}
          {name === session?.name && <span className="quiet"> you</span>}
        </span>
      ),
    },
    { key: 'role', title: 'Role', cell: ({ role }) => role },
    {
      key: 'state',
      title: 'State',
      cell: ({ disabled }) => (disabled ? <Status tone="quiet">disabled</Status> : <Status tone="good">may sign in</Status>),
    },
    { key: 'last_login_at', title: 'Last signed in', cell: ({ last_login_at: at }) => <Ago at={at} /> },
    { key: 'created_at', title: 'Made', wide: true, cell: ({ created_at: at }) => <Time at={at} /> },
    { key: 'actions', title: '', numeric: true, cell: (operator) => <Actions of={operator} onPick={setDeed} /> },
  ];
  return (
    <>
      <Group justify="space-between" mb="xs">
        <Text size="sm" className="quiet">
          Viewers look; operators also act on connections, users and nodes; admins also change settings, keys and accounts.
        </Text>
        <Button size="xs" onClick={() => setDeed({ kind: 'add' })}>
          Add an operator
        </Button>
      </Group>
      <DataTable
        label="Operators"
        columns={columns}
        rows={items}
        rowKey={({ name }) => name}
        error={error}
        onRetry={() => void refetch()}
        empty={{ title: 'There is no account' }}
        onNext={onNext}
        onFirst={onFirst}
      />
      {deed !== undefined && (
        <OperatorDeeds key={JSON.stringify(deed)} deed={deed} onClose={() => setDeed(undefined)} onDone={invalidate} />
      )}
    </>
  );
}

function Actions({ of: operator, onPick }: { readonly of: Operator; readonly onPick: (deed: OperatorDeed) => void }) {
  return (
    <RowActions
      of={operator.name}
      actions={[
        { label: 'Change role', onPick: () => onPick({ kind: 'role', operator }) },
        { label: 'Set a new password', onPick: () => onPick({ kind: 'password', operator }) },
        operator.disabled
          ? { label: 'Enable', onPick: () => onPick({ kind: 'enable', operator }) }
          : { label: 'Disable', onPick: () => onPick({ kind: 'disable', operator }) },
        { label: 'Remove', danger: true, onPick: () => onPick({ kind: 'remove', operator }) },
      ]}
    />
  );
}
