import { Button, Group, Select, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { send } from '../../api/request.ts';
import { useMay } from '../../api/session.ts';
import { useInvalidate } from '../../api/use-invalidate.ts';
import { Confirm } from '../../ui/confirm.tsx';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { FilterBar } from '../../ui/filter-bar.tsx';
import { Time } from '../../ui/time.tsx';
import { usePaged } from '../../ui/use-paged.ts';
import { useUrlState } from '../../ui/url-state.ts';
import { type Revocation, whoseOf } from './revocation.ts';

const EVERY_MS = 5_000;
const KINDS = [
  { value: '', label: 'All but renewed' },
  { value: 'user', label: 'Of a user' },
  { value: 'token', label: 'One token' },
  { value: 'everyone', label: 'Everybody' },
  { value: 'renewed', label: 'Renewed tokens' },
];

/** Tokens that end before their time. */
export function RevocationsTab() {
  const may = useMay('operator');
  const [{ user, kind }, change] = useUrlState({ user: '', kind: '', cursor: '' });
  const [adding, setAdding] = useState(false);
  const [lifted, setLifted] = useState<Revocation>();
  const invalidate = useInvalidate('auth/revocations');
  const { items, error, refetch, onNext, onFirst } = usePaged<Revocation>('auth/revocations', { user, kind }, { refresh: EVERY_MS });
  const columns: readonly Column<Revocation>[] = [
    { key: 'whose', title: 'Revoked', cell: (rule) => <span className="breakable">{whoseOf(rule)}</span> },
    {
      key: 'before',
      title: 'Issued before',
      cell: ({ issued_before: at }) => (at === undefined ? <span className="quiet">any</span> : <Time at={at} />),
    },
    { key: 'reason', title: 'Why', wide: true, cell: ({ reason }) => <span className="breakable">{reason}</span> },
    { key: 'by', title: 'By', wide: true, cell: ({ created_by: by }) => by },
    { key: 'at', title: 'When', wide: true, cell: ({ created_at: at }) => <Time at={at} /> },
    {
      key: 'lift',
      title: '',
      numeric: true,
      cell: (rule) =>
        may ? (
          <Button size="compact-xs" variant="default" aria-label={`Take back: ${whoseOf(rule)}`} onClick={() => setLifted(rule)}>
            Take back
          </Button>
        ) : null,
    },
  ];
  return (
    <>
      <Group justify="space-between" mb="xs" align="flex-end">
        <FilterBar
          filters={[
            { name: 'user', label: 'User' },
            { name: 'kind', label: 'Kind', choices: KINDS, width: 150 },
          ]}
          values={{ user, kind }}
          onChange={(next) => change({ ...next, cursor: '' })}
        />
        {may && (
          <Button size="xs" onClick={() => setAdding(true)}>
            Revoke tokens
          </Button>
        )}
      </Group>
      <DataTable
        label="Revocations"
        columns={columns}
        rows={items}
        rowKey={({ id }) => id}
        error={error}
        onRetry={() => void refetch()}
        empty={{ title: 'No revocation is in force', detail: 'Those that no token can match any more are removed by themselves.' }}
        onNext={onNext}
        onFirst={onFirst}
      />
      {adding && <RevokeTokens onClose={() => setAdding(false)} onDone={invalidate} />}
      <Confirm
        opened={lifted !== undefined}
        title="Take a revocation back"
        deed="Take back"
        onClose={() => setLifted(undefined)}
        onConfirm={async () => {
          await send('DELETE', `auth/revocations/${encodeURIComponent(lifted?.id ?? '')}`);
          await invalidate();
        }}
      >
        <Text size="sm">The {lifted === undefined ? '' : whoseOf(lifted)} that are still within their life are accepted again.</Text>
      </Confirm>
    </>
  );
}

function RevokeTokens({ onClose, onDone }: { readonly onClose: () => void; readonly onDone: () => Promise<void> }) {
  const [target, setTarget] = useState('user');
  const [subject, setSubject] = useState('');
  const [reason, setReason] = useState('');
  const isEveryone = target === 'everyone';
  return (
    <Confirm
      opened
      title="Revoke tokens"
      deed="Revoke"
      danger
      {...(isEveryone ? { typed: 'everybody' } : {})}
      onClose={onClose}
      onConfirm={async () => {
        const whose = isEveryone ? { issued_before: Date.now() } : { [target]: subject };
        await send('POST', 'auth/revocations', { ...whose, reason });
        await onDone();
      }}
    >
      <Select
        label="Whose"
        allowDeselect={false}
        data={[
          { value: 'user', label: 'All tokens of a user, issued until now' },
          { value: 'token_id', label: 'One token, by its id (jti)' },
          { value: 'everyone', label: 'Everybody’s tokens, issued until now' },
        ]}
        value={target}
        onChange={(next) => setTarget(next ?? 'user')}
      />
      {!isEveryone && (
        <TextInput
          label={target === 'user' ? 'User' : 'Id of the token'}
          data-autofocus
          value={subject}
          onChange={(event) => setSubject(event.currentTarget.value)}
        />
      )}
      <TextInput label="Why" value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
      <Text size="sm">
        Connections that came with such a token are closed.{' '}
        {isEveryone ? 'Everybody has to get a new token: expect a storm of reconnects.' : 'Newer tokens work.'}
      </Text>
    </Confirm>
  );
}
