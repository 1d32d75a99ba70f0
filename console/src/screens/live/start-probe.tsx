import { Alert, Button, Checkbox, Group, NumberInput, SegmentedControl, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useNavigate } from 'react-router';
import { sentenceOf } from '../../api/api-error.ts';
import { send } from '../../api/request.ts';
import { useMay } from '../../api/session.ts';
import { useUrlState } from '../../ui/url-state.ts';
import { type TargetKind, targetOf } from './start-target.ts';
import type { Probe } from './probe.ts';

const KINDS: readonly { readonly value: TargetKind; readonly label: string; readonly placeholder: string }[] = [
  { value: 'user', label: 'User', placeholder: 'alice; need not be connected yet' },
  { value: 'topic', label: 'Topic', placeholder: 'orders.42, or orders.* for all that begin so' },
  { value: 'connection', label: 'Connection', placeholder: 'id or ref of an open connection' },
];

/** Begins to watch. `?start=user:alice` fills in what another screen knows. */
export function StartProbe() {
  const [{ start }, change] = useUrlState({ start: '' });
  const known = targetOf(start);
  const [name, setName] = useState(known.name);
  const [minutes, setMinutes] = useState<number | string>(5);
  const [note, setNote] = useState('');
  const [payload, setPayload] = useState(false);
  const mayRead = useMay('admin');
  const navigate = useNavigate();
  const queries = useQueryClient();
  const begin = useMutation({
    mutationFn: () =>
      send<Probe>('POST', 'ops/probes', {
        [known.kind]: name.trim(),
        minutes: Number(minutes),
        ...(payload ? { payload } : {}),
        ...(note.trim() === '' ? {} : { note: note.trim() }),
      }),
    onSuccess: async (probe) => {
      await queries.invalidateQueries({ queryKey: ['ops/probes'] });
      void navigate(`/live/${encodeURIComponent(probe.id)}`);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() !== '') begin.mutate();
  };
  const kind = KINDS.find(({ value }) => value === known.kind);
  return (
    <Stack component="form" gap="sm" onSubmit={submit} aria-label="Start a probe">
      <Group align="flex-end" gap="sm">
        <SegmentedControl
          size="xs"
          aria-label="What to watch"
          data={KINDS.map(({ value, label }) => ({ value, label }))}
          value={known.kind}
          onChange={(value) => change({ start: `${value}:${name}` })}
        />
        <TextInput
          size="xs"
          w={300}
          label={kind?.label}
          placeholder={kind?.placeholder ?? ''}
          value={name}
          spellCheck={false}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <NumberInput size="xs" w={90} label="Minutes" min={1} max={1_440} value={minutes} onChange={setMinutes} />
        <TextInput
          size="xs"
          w={220}
          label="Why"
          placeholder="for the list and the audit trail"
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        <Button type="submit" size="xs" loading={begin.isPending} disabled={name.trim() === ''}>
          Watch
        </Button>
      </Group>
      {mayRead && (
        <Checkbox
          size="xs"
          label="Record payloads too"
          description="What people write to each other. The audit trail says that you asked for it, and who read it."
          checked={payload}
          onChange={(event) => setPayload(event.currentTarget.checked)}
        />
      )}
      {begin.error !== null && (
        <Alert color="red" role="alert">
          {sentenceOf(begin.error)}
        </Alert>
      )}
      <Text size="xs" className="quiet">
        Meanwhile everything it touches is traced in full. It ends by itself, and others can see it here.
      </Text>
    </Stack>
  );
}
