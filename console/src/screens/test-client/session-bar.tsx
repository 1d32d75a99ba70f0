import { Alert, Anchor, Button, Group, Text } from '@mantine/core';
import { Link } from 'react-router';
import { Copyable } from '../../ui/copy.tsx';
import { Status, type Tone } from '../../ui/status.tsx';
import { connectionPath } from '../connections/connection-item.ts';
import type { SessionView, TestSession } from './test-session.ts';

const STATES: Readonly<Record<SessionView['state'], { readonly word: string; readonly tone: Tone }>> = {
  idle: { word: 'not connected', tone: 'quiet' },
  connecting: { word: 'connecting', tone: 'warn' },
  open: { word: 'connected', tone: 'good' },
  waiting: { word: 'waits to try again', tone: 'warn' },
  closed: { word: 'ended', tone: 'quiet' },
};

/** How the connection stands, and what may be done to it. */
export function SessionBar({ view, session }: { readonly view: SessionView; readonly session: TestSession }) {
  const { word, tone } = STATES[view.state];
  const alive = view.state !== 'idle' && view.state !== 'closed';
  return (
    <>
      <Group justify="space-between" gap="sm">
        <Group gap="sm" data-testid="test-client-state">
          <Status tone={tone}>{word}</Status>
          {view.connection !== undefined && (
            <>
              <Text size="sm" className="breakable">
                {view.connection.user}
              </Text>
              <Copyable text={view.connection.ref} what="ref" />
              <Anchor component={Link} to={connectionPath(view.connection.connectionId)} size="sm" target="_blank" rel="noopener">
                how the gateway sees it
              </Anchor>
            </>
          )}
        </Group>
        <Group gap="xs">
          <Button size="xs" variant="default" disabled={view.state !== 'open'} onClick={() => session.drop()}>
            Drop the socket
          </Button>
          <Button size="xs" variant="default" disabled={!alive} onClick={() => session.end()}>
            Disconnect
          </Button>
        </Group>
      </Group>
      {view.problem !== undefined && (
        <Alert color="red" role="alert">
          {view.problem}
        </Alert>
      )}
    </>
  );
}
