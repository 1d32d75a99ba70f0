import { Button, Checkbox, Group, Stack, Table, Text, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { NOTHING } from '../../ui/format.ts';
import { Panel } from '../../ui/panel.tsx';
import { Status } from '../../ui/status.tsx';
import type { TestSession, TopicStanding } from './test-session.ts';

interface TopicsPanelProps {
  readonly session: TestSession;
  readonly topics: readonly TopicStanding[];
  readonly enabled: boolean;
  readonly topic: string;
  readonly onTopic: (topic: string) => void;
  readonly onAsk: (what: 'history' | 'presence', topic: string) => void;
}

/** What it subscribes to. */
export function TopicsPanel({ session, topics, enabled, topic, onTopic, onAsk }: TopicsPanelProps) {
  const [draft, setDraft] = useState(topic);
  const [fromStart, setFromStart] = useState(false);
  const name = draft.trim();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onTopic(name);
    session.subscribe(name, fromStart);
  };
  const ask = (what: 'history' | 'presence') => {
    onTopic(name);
    onAsk(what, name);
  };
  return (
    <Panel title="Topics">
      <form onSubmit={submit}>
        <Stack gap="xs">
          <TextInput
            size="xs"
            label="Topic"
            placeholder="chat.lobby"
            spellCheck={false}
            value={draft}
            onChange={(event) => setDraft(event.currentTarget.value)}
          />
          <Checkbox
            size="xs"
            label="From the beginning of its history"
            checked={fromStart}
            onChange={(event) => setFromStart(event.currentTarget.checked)}
          />
          <Group gap="xs">
            <Button type="submit" size="xs" disabled={!enabled || name === ''}>
              Subscribe
            </Button>
            <Button size="xs" variant="default" disabled={!enabled || name === ''} onClick={() => ask('history')}>
              History
            </Button>
            <Button size="xs" variant="default" disabled={!enabled || name === ''} onClick={() => ask('presence')}>
              Who is there
            </Button>
          </Group>
        </Stack>
      </form>
      {topics.length > 0 && (
        <Table mt="sm" verticalSpacing={4} aria-label="Subscriptions of the test client">
          <Table.Tbody>
            {topics.map((each) => (
              <Table.Tr key={each.topic}>
                <Table.Td className="mono breakable">
                  {each.topic}
                  {each.problem !== undefined && (
                    <Text size="xs" c="red" className="breakable">
                      {each.problem}
                    </Text>
                  )}
                </Table.Td>
                <Table.Td>
                  <Status tone={each.state === 'subscribed' ? 'good' : each.state === 'ended' ? 'bad' : 'quiet'}>{each.state}</Status>
                </Table.Td>
                <Table.Td ta="right" className="tabular">
                  {each.position ?? NOTHING}
                </Table.Td>
                <Table.Td ta="right">
                  <Button
                    size="compact-xs"
                    variant="subtle"
                    aria-label={`Unsubscribe from ${each.topic}`}
                    onClick={() => session.unsubscribe(each.topic)}
                  >
                    leave
                  </Button>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Panel>
  );
}
