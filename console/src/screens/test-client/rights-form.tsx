import { Button, Checkbox, Group, SimpleGrid, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { Panel } from '../../ui/panel.tsx';
import type { Rights } from './rights.ts';

interface RightsFormProps {
  readonly rights: Rights;
  readonly onConnect: (rights: Rights) => void;
  readonly connected: boolean;
}

const FIELDS: readonly { readonly name: keyof Rights; readonly label: string; readonly placeholder: string }[] = [
  { name: 'user', label: 'User', placeholder: 'test-alice' },
  { name: 'subscribe', label: 'May subscribe to', placeholder: 'chat.* orders.42' },
  { name: 'publish', label: 'May publish to', placeholder: 'chat.*' },
  { name: 'send', label: 'May send to users', placeholder: 'bob carol' },
  { name: 'roles', label: 'Roles', placeholder: 'none' },
];

/** As whom, and what the token grants. The gateway records that it was made. */
export function RightsForm({ rights, onConnect, connected }: RightsFormProps) {
  const [draft, setDraft] = useState(rights);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onConnect(draft);
  };
  return (
    <Panel
      title="Connect as"
      about="A token of ten minutes is made for this user, and renewed while you stay. That it was made stands in the audit trail."
    >
      <form onSubmit={submit}>
        <SimpleGrid cols={{ base: 1, xs: 2, md: 3, lg: 5 }} spacing="sm">
          {FIELDS.map(({ name, label, placeholder }) => (
            <TextInput
              key={name}
              size="xs"
              label={label}
              placeholder={placeholder}
              required={name === 'user'}
              spellCheck={false}
              autoComplete="off"
              value={draft[name]}
              onChange={(event) => setDraft({ ...draft, [name]: event.currentTarget.value })}
            />
          ))}
        </SimpleGrid>
        <Group mt="sm" justify="space-between">
          <Checkbox
            size="xs"
            label="May publish to everyone"
            checked={draft.broadcast !== ''}
            onChange={(event) => setDraft({ ...draft, broadcast: event.currentTarget.checked ? '1' : '' })}
          />
          <Button type="submit" size="xs">
            {connected ? 'Connect anew' : 'Connect'}
          </Button>
        </Group>
      </form>
    </Panel>
  );
}
