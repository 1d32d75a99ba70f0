import { Anchor, Button, Group, Select, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'react-router';
import { send } from '../../api/request.ts';
import { useMay } from '../../api/session.ts';
import { useInvalidate } from '../../api/use-invalidate.ts';
import { Confirm } from '../../ui/confirm.tsx';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { FilterBar } from '../../ui/filter-bar.tsx';
import { Time } from '../../ui/time.tsx';
import { usePaged } from '../../ui/use-paged.ts';
import { useUrlState } from '../../ui/url-state.ts';
import type { Block } from './revocation.ts';

const EVERY_MS = 5_000;
const TERMS = [
  { value: '', label: 'Until it is taken back' },
  { value: '3600', label: 'For an hour' },
  { value: '86400', label: 'For a day' },
  { value: '604800', label: 'For a week' },
];

/** Users who are kept out, whatever token they bring. */
export function BlocksTab() {
  const may = useMay('operator');
  const [{ user }, change] = useUrlState({ user: '', cursor: '' });
  const [adding, setAdding] = useState(false);
  const [lifted, setLifted] = useState<Block>();
  const invalidate = useInvalidate('auth/blocks');
  const { items, error, refetch, onNext, onFirst } = usePaged<Block>('auth/blocks', { user }, { refresh: EVERY_MS });
  const columns: readonly Column<Block>[] = [
    {
      key: 'user',
      title: 'User',
      cell: ({ user: blocked }) => (
        <Anchor component={Link} to={`/connections?state=all&user=${encodeURIComponent(blocked)}`} inherit className="breakable">
          {blocked}
        </Anchor>
      ),
    },
    { key: 'reason', title: 'Why', cell: ({ reason }) => <span className="breakable">{reason}</span> },
    { key: 'by', title: 'By', wide: true, cell: ({ created_by: by }) => by },
    { key: 'at', title: 'Since', wide: true, cell: ({ created_at: at }) => <Time at={at} /> },
    { key: 'until', title: 'Until', cell: ({ expires_at: at }) => (at === undefined ? 'taken back' : <Time at={at} />) },
    {
      key: 'lift',
      title: '',
      numeric: true,
      cell: (block) =>
        may ? (
          <Button size="compact-xs" variant="default" aria-label={`Take back the block of ${block.user}`} onClick={() => setLifted(block)}>
            Take back
          </Button>
        ) : null,
    },
  ];
  return (
    <>
      <Group justify="space-between" mb="xs" align="flex-end">
        <FilterBar filters={[{ name: 'user', label: 'User' }]} values={{ user }} onChange={(next) => change({ ...next, cursor: '' })} />
        {may && (
          <Button size="xs" onClick={() => setAdding(true)}>
            Block a user
          </Button>
        )}
      </Group>
      <DataTable
        label="Blocked users"
        columns={columns}
        rows={items}
        rowKey={({ user: blocked }) => blocked}
        error={error}
        onRetry={() => void refetch()}
        empty={{ title: 'Nobody is blocked', detail: 'A blocked user’s connections are closed, and their tokens refused.' }}
        onNext={onNext}
        onFirst={onFirst}
      />
      {adding && <BlockUser onClose={() => setAdding(false)} onDone={invalidate} />}
      <Confirm
        opened={lifted !== undefined}
        title={`Let ${lifted?.user ?? ''} in again`}
        deed="Take back"
        onClose={() => setLifted(undefined)}
        onConfirm={async () => {
          await send('DELETE', `auth/blocks/${encodeURIComponent(lifted?.user ?? '')}`);
          await invalidate();
        }}
      >
        <Text size="sm">They may connect again, with any token that was not revoked.</Text>
      </Confirm>
    </>
  );
}

function BlockUser({ onClose, onDone }: { readonly onClose: () => void; readonly onDone: () => Promise<void> }) {
  const [user, setUser] = useState('');
  const [reason, setReason] = useState('');
  const [term, setTerm] = useState('');
  return (
    <Confirm
      opened
      title="Block a user"
      deed="Block"
      danger
      onClose={onClose}
      onConfirm={async () => {
        await send('POST', 'auth/blocks', { user, reason, ...(term === '' ? {} : { ttl_s: Number(term) }) });
        await onDone();
      }}
    >
      <Text size="sm">Their connections are closed at once, and every token they bring is refused.</Text>
      <TextInput label="User" data-autofocus value={user} onChange={(event) => setUser(event.currentTarget.value)} />
      <Select label="For how long" allowDeselect={false} data={TERMS} value={term} onChange={(next) => setTerm(next ?? '')} />
      <TextInput
        label="Why"
        description="For the audit trail and the log"
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
    </Confirm>
  );
}
