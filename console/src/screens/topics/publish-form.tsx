import { Alert, Anchor, Button, Group, JsonInput, Stack, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Link } from 'react-router';
import { sentenceOf } from '../../api/api-error.ts';
import { send } from '../../api/request.ts';
import { Confirm } from '../../ui/confirm.tsx';
import { Panel } from '../../ui/panel.tsx';
import { waybillPage } from '../messages/places.ts';
import { payloadOf, publishPath } from './publish.ts';

interface Receipt {
  readonly topic: string;
  readonly epoch: string;
  readonly seq: number;
  readonly subscribers?: number;
  readonly duplicate?: boolean;
}

/** Publishes as the operator, which is audited; subscribers cannot tell it from any other message. */
export function PublishForm({ topic }: { readonly topic: string }) {
  const [action, setAction] = useState('message');
  const [text, setText] = useState('{"text": "hello"}');
  const [asking, setAsking] = useState(false);
  const payload = payloadOf(text);
  const publish = useMutation({
    mutationFn: () => send<Receipt>('POST', publishPath(topic), { action, data: payload.ok ? payload.value : null }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (payload.ok) setAsking(true);
  };
  return (
    <Panel title="Publish" about="To everybody who is subscribed, in the name of your account. The audit trail says so.">
      <Stack component="form" gap="sm" maw={640} onSubmit={submit} aria-label="Publish a message">
        <TextInput
          label="Action"
          description="The name that subscribers see"
          value={action}
          spellCheck={false}
          required
          onChange={(event) => setAction(event.currentTarget.value)}
        />
        <JsonInput
          label="Payload"
          description="Any JSON value"
          value={text}
          onChange={setText}
          error={payload.ok ? undefined : payload.problem}
          autosize
          minRows={4}
          maxRows={14}
          spellCheck={false}
        />
        <Group>
          <Button type="submit" disabled={!payload.ok || action.trim() === ''}>
            Publish…
          </Button>
        </Group>
        {publish.data !== undefined && <Published receipt={publish.data} />}
        {publish.error !== null && (
          <Alert color="red" role="alert">
            {sentenceOf(publish.error)}
          </Alert>
        )}
      </Stack>
      <Confirm
        opened={asking}
        title={`Publish to ${topic}?`}
        deed="Publish"
        onConfirm={() => publish.mutateAsync()}
        onClose={() => setAsking(false)}
      >
        <Text size="sm">Everybody who is subscribed gets it at once, and it stays in history. It cannot be taken back.</Text>
      </Confirm>
    </Panel>
  );
}

function Published({ receipt }: { readonly receipt: Receipt }) {
  const { topic, seq, subscribers, duplicate } = receipt;
  return (
    <Alert color="teal" role="status">
      <Text size="sm">
        {duplicate === true ? 'It was stored before, as ' : 'Stored as '}
        <Anchor component={Link} to={waybillPage(receipt)} inherit>
          {topic} #{seq}
        </Anchor>
        {subscribers !== undefined && `, for ${String(subscribers)} ${subscribers === 1 ? 'subscriber' : 'subscribers'}`}. Its waybill says
        who received it.
      </Text>
    </Alert>
  );
}
