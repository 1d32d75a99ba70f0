import { Button, Group, Text } from '@mantine/core';
import { useState } from 'react';
import { type Page, useGet } from '../../api/list.ts';
import { useInvalidate } from '../../api/use-invalidate.ts';
import { useNow } from '../../ui/clock.tsx';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { Status } from '../../ui/status.tsx';
import { Ago, Time } from '../../ui/time.tsx';
import { type ApiKey, standingOf } from './api-key.ts';
import { KeyDeeds, type KeyDeed } from './key-deeds.tsx';
import { RowActions } from './row-actions.tsx';
import { type Secret, SecretOnce } from './secret-once.tsx';

const EVERY_MS = 10_000;

/** API keys: made, rotated, revoked. */
export function KeysTab() {
  const now = useNow();
  const [deed, setDeed] = useState<KeyDeed>();
  const [secret, setSecret] = useState<Secret>();
  const { data, error, refetch } = useGet<Page<ApiKey>>('auth/keys', undefined, { refresh: EVERY_MS });
  const invalidate = useInvalidate('auth/keys');
  const columns: readonly Column<ApiKey>[] = [
    { key: 'name', title: 'Name', cell: ({ name }) => <span className="mono breakable">{name}</span> },
    { key: 'scopes', title: 'May', cell: ({ scopes }) => scopes.join(', ') },
    { key: 'state', title: 'State', cell: (key) => <State of={key} now={now} /> },
    {
      key: 'expires_at',
      title: 'Ends',
      wide: true,
      cell: ({ expires_at: at }) => (at === undefined ? <span className="quiet">never</span> : <Time at={at} />),
    },
    {
      key: 'last_used_at',
      title: 'Last used',
      wide: true,
      cell: ({ last_used_at: at, last_used_from: from }) => (
        <>
          <Ago at={at} /> <span className="quiet">{from}</span>
        </>
      ),
    },
    { key: 'created_at', title: 'Made', wide: true, cell: ({ created_at: at }) => <Time at={at} /> },
    { key: 'actions', title: '', numeric: true, cell: (key) => <Actions of={key} onPick={setDeed} /> },
  ];
  return (
    <>
      <Group justify="space-between" mb="xs">
        <Text size="sm" className="quiet">
          Programs publish, read and ask with an API key. Publishes are signed key:NAME.
        </Text>
        <Button size="xs" onClick={() => setDeed({ kind: 'make' })}>
          Make a key
        </Button>
      </Group>
      <DataTable
        label="API keys"
        columns={columns}
        rows={data?.items}
        rowKey={({ id }) => id}
        error={error}
        onRetry={() => void refetch()}
        empty={{ title: 'There is no key', detail: 'Make one for each program, with the least scopes it needs.' }}
      />
      <KeyDeeds deed={deed} onClose={() => setDeed(undefined)} onDone={invalidate} onSecret={setSecret} />
      <SecretOnce secret={secret} onClose={() => setSecret(undefined)} />
    </>
  );
}

function State({ of: key, now }: { readonly of: ApiKey; readonly now: number }) {
  const { tone, word } = standingOf(key, now);
  return <Status tone={tone}>{word}</Status>;
}

function Actions({ of: key, onPick }: { readonly of: ApiKey; readonly onPick: (deed: KeyDeed) => void }) {
  if (key.revoked_at !== undefined || key.name === 'bootstrap') return null;
  return (
    <RowActions
      of={key.name}
      actions={[
        { label: 'Rotate', onPick: () => onPick({ kind: 'rotate', key }) },
        { label: 'Revoke', danger: true, onPick: () => onPick({ kind: 'revoke', key }) },
      ]}
    />
  );
}
