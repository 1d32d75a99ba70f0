import { Checkbox, NumberInput, Select, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { send } from '../../api/request.ts';
import { Confirm } from '../../ui/confirm.tsx';
import { type ApiKey, expiryOf, type MadeKey, SCOPES } from './api-key.ts';
import type { Secret } from './secret-once.tsx';

export type KeyDeed = { readonly kind: 'make' } | { readonly kind: 'rotate' | 'revoke'; readonly key: ApiKey };

interface KeyDeedsProps {
  readonly deed: KeyDeed | undefined;
  readonly onClose: () => void;
  readonly onDone: () => Promise<void>;
  readonly onSecret: (secret: Secret) => void;
}

const OVERLAPS = [
  { value: '0', label: 'Stop it at once' },
  { value: '3600', label: 'Let it work for an hour more' },
  { value: '86400', label: 'Let it work for a day more' },
  { value: '604800', label: 'Let it work for a week more' },
];

/** What is done to API keys, each after a question. */
export function KeyDeeds({ deed, onClose, onDone, onSecret }: KeyDeedsProps) {
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<string[]>([]);
  const [days, setDays] = useState('');
  const [overlap, setOverlap] = useState('86400');
  if (deed === undefined) return null;
  if (deed.kind === 'make')
    return (
      <Confirm
        opened
        title="Make an API key"
        deed="Make"
        onClose={onClose}
        onConfirm={async () => {
          const made = await send<MadeKey>('POST', 'auth/keys', { name, scopes, ...expiryOf(days, Date.now()) });
          await onDone();
          onSecret({ title: `The key ${made.name}`, secret: made.key });
          setName('');
          setScopes([]);
          setDays('');
        }}
      >
        <TextInput
          label="Name"
          description="A-Z a-z 0-9 . _ -"
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Checkbox.Group label="It may" value={scopes} onChange={setScopes}>
          <Stack gap={6} mt={6}>
            {SCOPES.map(({ value, about }) => (
              <Checkbox key={value} size="xs" value={value} label={`${value}: ${about}`} />
            ))}
          </Stack>
        </Checkbox.Group>
        <NumberInput
          label="Ends after (days)"
          description="Empty: it works until it is revoked"
          min={1}
          value={days}
          onChange={(next) => setDays(String(next))}
        />
      </Confirm>
    );
  const { id, name: named, scopes: held } = deed.key;
  const path = `auth/keys/${encodeURIComponent(id)}`;
  if (deed.kind === 'rotate')
    return (
      <Confirm
        opened
        title={`Give ${named} another secret`}
        deed="Rotate"
        onClose={onClose}
        onConfirm={async () => {
          const made = await send<MadeKey>('POST', `${path}/rotate`, { overlap_s: Number(overlap) });
          await onDone();
          onSecret({ title: `The new key ${made.name}`, secret: made.key });
        }}
      >
        <Select
          label="The present secret"
          allowDeselect={false}
          data={OVERLAPS}
          value={overlap}
          onChange={(next) => setOverlap(next ?? '0')}
        />
      </Confirm>
    );
  return (
    <Confirm
      opened
      title={`Revoke ${named}`}
      deed="Revoke"
      danger
      typed={named}
      onClose={onClose}
      onConfirm={async () => {
        await send('DELETE', path);
        await onDone();
      }}
    >
      <Text size="sm">
        Whatever uses it ({held.join(', ')}) is refused from now on, on this node at once. A revoked key does not come back: make another.
      </Text>
    </Confirm>
  );
}
