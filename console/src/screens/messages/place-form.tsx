import { Button, Group, TextInput } from '@mantine/core';
import { type FormEvent, useEffect, useState } from 'react';
import { useNavigate } from 'react-router';
import { waybillPage } from './places.ts';

/** To a message by topic and position; with a topic alone, to its recent messages. */
export function PlaceForm({ topic: initial, onTopic }: { readonly topic: string; readonly onTopic: (topic: string) => void }) {
  const [topic, setTopic] = useState(initial);
  const [seq, setSeq] = useState('');
  const navigate = useNavigate();
  useEffect(() => setTopic(initial), [initial]);
  const isWrong = seq.trim() !== '' && !/^[1-9]\d*$/.test(seq.trim());
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (topic.trim() === '' || isWrong) return;
    if (seq.trim() === '') onTopic(topic.trim());
    else void navigate(waybillPage({ topic: topic.trim(), seq: Number(seq) }));
  };
  return (
    <Group component="form" gap="xs" align="flex-start" onSubmit={submit} aria-label="Find by place">
      <TextInput
        size="xs"
        w={220}
        label="Topic"
        placeholder="orders.42"
        spellCheck={false}
        value={topic}
        onChange={(event) => setTopic(event.currentTarget.value)}
      />
      <TextInput
        size="xs"
        w={110}
        label="Position"
        placeholder="recent ones"
        inputMode="numeric"
        error={isWrong ? 'a number from 1' : undefined}
        value={seq}
        onChange={(event) => setSeq(event.currentTarget.value)}
      />
      <Button type="submit" size="xs" mt={22}>
        {seq.trim() === '' ? 'Show recent' : 'Find'}
      </Button>
    </Group>
  );
}
