import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { IconDownload, IconPlayerPause, IconPlayerPlay, IconPlayerStop } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useParams } from 'react-router';
import { useGet } from '../../api/list.ts';
import { send } from '../../api/request.ts';
import { useMay } from '../../api/session.ts';
import { shellWord } from '../../ui/commands.tsx';
import { count } from '../../ui/format.ts';
import { ErrorNotice } from '../../ui/notice.tsx';
import { ScreenFrame } from '../../ui/screen.tsx';
import { Status } from '../../ui/status.tsx';
import { Time } from '../../ui/time.tsx';
import { useUrlState } from '../../ui/url-state.ts';
import { eventLines, saveText } from './download.ts';
import { EventList } from './event-list.tsx';
import { fits } from './event-words.ts';
import { endingWords, type Probe, targetWords } from './probe.ts';
import { useProbeEvents } from './use-probe-events.ts';

const REFRESH_MS = 3_000;

/** One probe, as it watches. */
export function Screen() {
  const { id = '' } = useParams();
  const path = `ops/probes/${encodeURIComponent(id)}`;
  const [{ filter }, change] = useUrlState({ filter: '' });
  const [paused, setPaused] = useState(false);
  const { data, error, refetch } = useGet<Probe>(path, undefined, { refresh: REFRESH_MS });
  const feed = useProbeEvents(id, paused);
  const events = filter === '' ? feed.events : feed.events.filter((event) => fits(event, filter));
  const title = data === undefined ? 'Probe' : `Watching ${targetWords(data)}`;
  return (
    <ScreenFrame
      title={title}
      equivalents={[{ path: `${path}/events`, query: { after: 0 }, ...(data === undefined ? {} : { cli: tailCommand(data) }) }]}
      actions={data === undefined ? undefined : <Actions probe={data} path={path} />}
    >
      {error !== null && data === undefined && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      {data !== undefined && (
        <Stack gap="md">
          <Facts probe={data} live={feed.live} />
          <Group gap="xs">
            <TextInput
              size="xs"
              w={280}
              aria-label="Filter events"
              placeholder="Filter: refused, alice, orders.42 …"
              value={filter}
              spellCheck={false}
              onChange={(event) => change({ filter: event.currentTarget.value })}
            />
            <Button
              size="xs"
              variant="default"
              leftSection={paused ? <IconPlayerPlay size={15} /> : <IconPlayerPause size={15} />}
              aria-pressed={paused}
              onClick={() => setPaused(!paused)}
            >
              {paused ? 'Go on' : 'Pause'}
            </Button>
            <Text size="xs" className="quiet tabular" data-testid="events-shown">
              {count(events.length)} {filter === '' ? 'events' : `of ${count(feed.events.length)} events`}
              {feed.missed > 0 && `; ${count(feed.missed)} earlier ones are no longer kept`}
            </Text>
          </Group>
          {feed.error !== undefined && <ErrorNotice error={feed.error} />}
          <EventList events={events} waiting={data.state === 'live'} filtered={filter !== ''} />
        </Stack>
      )}
    </ScreenFrame>
  );
}

function Facts({ probe, live }: { readonly probe: Probe; readonly live: boolean }) {
  const { state, reason, ends_at: ends, ended_at: ended, records, skipped, payload, created_by: by, note, node } = probe;
  return (
    <Group gap="md">
      {state === 'live' ? (
        <Status tone={live ? 'good' : 'warn'}>{live ? 'live' : 'connecting'}</Status>
      ) : (
        <Status tone="quiet">ended: {endingWords(reason)}</Status>
      )}
      {payload && <Status tone="warn">payloads are recorded</Status>}
      <Text size="sm" className="quiet">
        {state === 'live' ? 'until ' : 'at '}
        <Time at={ended ?? ends} />, by {by} on {node}
        {note !== undefined && <span className="breakable">: {note}</span>}
      </Text>
      <Text size="sm" className="tabular">
        {count(records)} recorded{skipped > 0 && `, ${count(skipped)} too fast and only counted`}
      </Text>
    </Group>
  );
}

function Actions({ probe, path }: { readonly probe: Probe; readonly path: string }) {
  const mayEnd = useMay('operator');
  const queries = useQueryClient();
  const end = useMutation({ mutationFn: () => send('DELETE', path), onSuccess: () => queries.invalidateQueries() });
  const download = useMutation({ mutationFn: async () => saveText(`probe-${probe.id}.ndjson`, await eventLines(probe.id)) });
  return (
    <>
      <Button
        size="xs"
        variant="default"
        leftSection={<IconDownload size={15} />}
        loading={download.isPending}
        onClick={() => download.mutate()}
      >
        Download
      </Button>
      {mayEnd && probe.state === 'live' && (
        <Button size="xs" variant="default" leftSection={<IconPlayerStop size={15} />} loading={end.isPending} onClick={() => end.mutate()}>
          Stop
        </Button>
      )}
    </>
  );
}

function tailCommand({ user, topic, connection }: Probe): string {
  const [name, value] =
    user !== undefined ? ['user', user] : topic !== undefined ? ['topic', topic] : ['connection', connection?.ref ?? ''];
  return `waybill tail --${name} ${shellWord(value)}`;
}
