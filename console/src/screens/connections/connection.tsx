import { Alert, Anchor, Group, Skeleton, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { Link, useParams } from 'react-router';
import { useGet } from '../../api/list.ts';
import { useMay } from '../../api/session.ts';
import { useNow } from '../../ui/clock.tsx';
import { type Equivalent, shellWord } from '../../ui/commands.tsx';
import { Copyable } from '../../ui/copy.tsx';
import { ErrorNotice } from '../../ui/notice.tsx';
import { ScreenFrame } from '../../ui/screen.tsx';
import { Status } from '../../ui/status.tsx';
import { useUrlState } from '../../ui/url-state.ts';
import { ConnectionFacts, ConnectionTotals } from './connection-facts.tsx';
import { type ConnectionRemains, type ConnectionStory, hasStory } from './connection-item.ts';
import { DisconnectOne } from './disconnect-one.tsx';
import { Remains } from './remains.tsx';
import { RoundTrips } from './round-trips.tsx';
import { standingOf } from './standing.ts';
import { SubscriptionTable } from './subscription-table.tsx';
import { Timeline } from './timeline.tsx';

const EVERY_MS = 3_000;

type Found = ConnectionStory | ConnectionRemains;

/** Q2, Q20: which connection that was, why it ended, and what happened before. */
export function Screen() {
  const { id = '' } = useParams();
  const path = `ops/connections/${encodeURIComponent(id)}`;
  const [ended, setEnded] = useState(false);
  const { data, error, refetch, dataUpdatedAt } = useGet<Found>(path, undefined, { refresh: ended ? false : EVERY_MS });
  const isOver = data !== undefined && (!hasStory(data) || data.state === 'closed');
  // One that ended changes no more.
  if (isOver !== ended) setEnded(isOver);
  const equivalents: readonly Equivalent[] = [{ path, cli: `waybill connection ${shellWord(id)}` }];
  if (data === undefined)
    return (
      <ScreenFrame title={id} name={`Connection ${id}`} equivalents={equivalents}>
        {error === null ? <Waiting /> : <NotFound error={error} id={id} onRetry={() => void refetch()} />}
      </ScreenFrame>
    );
  if (!hasStory(data)) return <Remains item={data} equivalents={equivalents} />;
  return <Story item={data} asOf={dataUpdatedAt} equivalents={equivalents} />;
}

interface StoryProps {
  readonly item: ConnectionStory;
  readonly asOf: number;
  readonly equivalents: readonly Equivalent[];
}

function Story({ item, asOf, equivalents }: StoryProps) {
  const [{ events: group }, change] = useUrlState({ events: 'all' });
  const [sentAway, setSentAway] = useState<number>();
  const now = useNow();
  const mayDisconnect = useMay('operator');
  const { tone, word, sentence, next } = standingOf(item);
  const isOpen = item.state !== 'closed';
  return (
    <ScreenFrame
      name={`Connection ${item.ref}`}
      title={
        <Group gap="sm" component="span">
          <span className="breakable">{item.user ?? 'Nobody yet'}</span>
          <Text span size="md" fw={400}>
            <Copyable text={item.ref} what="ref" />
          </Text>
          <Status tone={tone}>{word}</Status>
        </Group>
      }
      asOf={isOpen ? asOf : undefined}
      equivalents={equivalents}
      actions={mayDisconnect && isOpen ? <DisconnectOne item={item} onDone={setSentAway} /> : undefined}
    >
      {sentAway !== undefined && isOpen && (
        <Alert color="accent" role="status">
          It was told to leave with {sentAway}; this page shows its end as soon as it has gone.
        </Alert>
      )}
      <Stack gap={4}>
        <Text size="sm" maw={860} className="breakable" data-testid="standing">
          {sentence} {next !== undefined && <span className="quiet">{next}</span>}
        </Text>
        <Links item={item} />
      </Stack>
      <ConnectionFacts item={item} />
      <Timeline
        events={item.events}
        forgotten={item.events_forgotten}
        closedAt={item.closed_at}
        now={now}
        group={group}
        onGroup={(chosen) => change({ events: chosen })}
      />
      <SubscriptionTable item={item} />
      <ConnectionTotals item={item} />
      <RoundTrips events={item.events} latest={item.rtt_ms} />
    </ScreenFrame>
  );
}

function Links({ item }: { readonly item: ConnectionStory }) {
  const user = item.user;
  return (
    <Group gap="md">
      <Anchor component={Link} to={`/traces?connection_id=${encodeURIComponent(item.id)}`} size="sm">
        Its traces
      </Anchor>
      {user !== undefined && (
        <Anchor component={Link} to={`/messages/explain?user=${encodeURIComponent(user)}`} size="sm">
          Why did {user} not get …?
        </Anchor>
      )}
      {user !== undefined && (
        <Anchor component={Link} to={`/refusals?user=${encodeURIComponent(user)}`} size="sm">
          What was refused
        </Anchor>
      )}
      {item.state !== 'closed' && (
        <Anchor component={Link} to={`/live?start=connection:${encodeURIComponent(item.id)}`} size="sm">
          Watch it live
        </Anchor>
      )}
    </Group>
  );
}

function NotFound({ error, id, onRetry }: { readonly error: unknown; readonly id: string; readonly onRetry: () => void }) {
  return (
    <Stack gap="xs" align="flex-start">
      <ErrorNotice error={error} onRetry={onRetry} />
      <Anchor component={Link} to={`/connections?state=all&user=${encodeURIComponent(id)}`} size="sm">
        Look for a user of this name
      </Anchor>
    </Stack>
  );
}

function Waiting() {
  return (
    <Stack gap="md" role="status" aria-label="Loading">
      <Skeleton height={18} width="60%" />
      <Skeleton height={150} />
      <Skeleton height={320} />
    </Stack>
  );
}
