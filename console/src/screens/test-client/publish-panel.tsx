import { Button, Group, SegmentedControl, Stack, Textarea, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { Panel } from '../../ui/panel.tsx';

export interface Parcel {
  readonly to: 'topic' | 'user';
  readonly name: string;
  readonly action: string;
  /** As typed. */
  readonly payload: string;
}

interface PublishPanelProps {
  readonly enabled: boolean;
  readonly topic: string;
  readonly onPublish: (parcel: Parcel) => void;
}

/** Sends to a topic, or to a user. */
export function PublishPanel({ enabled, topic, onPublish }: PublishPanelProps) {
  const [parcel, setParcel] = useState<Parcel>({ to: 'topic', name: topic, action: 'message', payload: '{"text": "hello"}' });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onPublish(parcel);
  };
  return (
    <Panel title="Publish">
      <form onSubmit={submit}>
        <Stack gap="xs">
          <Group gap="xs" align="flex-end">
            <SegmentedControl
              size="xs"
              aria-label="To a topic or a user"
              value={parcel.to}
              onChange={(to) => setParcel({ ...parcel, to })}
              data={[
                { value: 'topic', label: 'To a topic' },
                { value: 'user', label: 'To a user' },
              ]}
            />
            <TextInput
              size="xs"
              style={{ flex: '1 1 140px' }}
              label={parcel.to === 'topic' ? 'Topic' : 'User'}
              spellCheck={false}
              value={parcel.name}
              onChange={(event) => setParcel({ ...parcel, name: event.currentTarget.value })}
            />
            <TextInput
              size="xs"
              w={110}
              label="Action"
              spellCheck={false}
              value={parcel.action}
              onChange={(event) => setParcel({ ...parcel, action: event.currentTarget.value })}
            />
          </Group>
          <Textarea
            size="xs"
            label="Payload"
            description="JSON where it is some, else text."
            autosize
            minRows={2}
            maxRows={8}
            spellCheck={false}
            classNames={{ input: 'mono' }}
            value={parcel.payload}
            onChange={(event) => setParcel({ ...parcel, payload: event.currentTarget.value })}
          />
          <Group>
            <Button type="submit" size="xs" disabled={!enabled || parcel.name.trim() === ''}>
              Publish
            </Button>
          </Group>
        </Stack>
      </form>
    </Panel>
  );
}
