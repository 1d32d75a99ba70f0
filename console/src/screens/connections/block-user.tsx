import { Button, Select, Text, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { send } from '../../api/request.ts';
import { Confirm } from '../../ui/confirm.tsx';

/** A block as REST answers it. Times are milliseconds since the epoch. */
export interface UserBlock {
  readonly user: string;
  readonly reason: string;
  readonly created_by: string;
  readonly created_at: number;
  readonly expires_at?: number;
}

const FOR = [
  { value: '3600', label: 'an hour' },
  { value: '86400', label: 'a day' },
  { value: '604800', label: 'a week' },
  { value: '', label: 'until taken back' },
];

/** Keeps a user out, or lets them in again. */
export function BlockUser({ user, block }: { readonly user: string; readonly block: UserBlock | undefined }) {
  const queries = useQueryClient();
  const [opened, setOpened] = useState(false);
  const [seconds, setSeconds] = useState('3600');
  const [reason, setReason] = useState('');
  const act = async () => {
    if (block === undefined)
      await send('POST', 'auth/blocks', {
        user,
        ...(seconds === '' ? {} : { ttl_s: Number(seconds) }),
        ...(reason === '' ? {} : { reason }),
      });
    else await send('DELETE', `auth/blocks/${encodeURIComponent(user)}`);
    await Promise.all([
      queries.invalidateQueries({ queryKey: ['auth/blocks'] }),
      queries.invalidateQueries({ queryKey: ['ops/connections'] }),
    ]);
  };
  return (
    <>
      <Button size="xs" variant="default" onClick={() => setOpened(true)}>
        {block === undefined ? 'Block…' : 'Unblock…'}
      </Button>
      <Confirm
        opened={opened}
        title={block === undefined ? `Block ${user}` : `Let ${user} in again`}
        deed={block === undefined ? 'Block' : 'Unblock'}
        danger={block === undefined}
        onConfirm={act}
        onClose={() => setOpened(false)}
      >
        {block === undefined ? (
          <>
            <Text size="sm">
              Their connections are closed with 4503 on every node, and they are refused until the block ends, whatever token they bring.
              “Unblock” takes it back.
            </Text>
            <Select size="sm" label="For" data={FOR} value={seconds} allowDeselect={false} onChange={(value) => setSeconds(value ?? '')} />
            <TextInput
              size="sm"
              label="Reason"
              description="For the audit trail."
              maxLength={200}
              value={reason}
              onChange={(event) => setReason(event.currentTarget.value)}
            />
          </>
        ) : (
          <Text size="sm">They may connect again at once, with any token that was not revoked.</Text>
        )}
      </Confirm>
    </>
  );
}
