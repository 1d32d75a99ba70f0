import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { get } from '../../api/request.ts';
import { useMay } from '../../api/session.ts';
import { Confirm } from '../../ui/confirm.tsx';
import { ErrorNotice } from '../../ui/notice.tsx';
import { Panel } from '../../ui/panel.tsx';
import { download } from './download.ts';
import { LoopReport } from './loop-report.tsx';
import type { EventLoopReport } from './event-loop-report.ts';

const LOOP_S = 5;
const PROFILE_S = 10;

/** Looks into the node while it works: its event loop, its CPU time, its heap. */
export function Diagnostics() {
  const [asked, setAsked] = useState(false);
  const mayProfile = useMay('operator');
  const maySnapshot = useMay('admin');
  const loop = useMutation({ mutationFn: () => get<EventLoopReport>('ops/diagnostics/event-loop', { seconds: LOOP_S }) });
  const profile = useMutation({ mutationFn: () => download(`ops/diagnostics/cpu-profile?seconds=${PROFILE_S}`) });
  const error = loop.error ?? profile.error;
  return (
    <Panel title="Look inside" about="Of the node that answers this page">
      <Stack gap="sm">
        <Group gap="xs">
          <Button size="xs" variant="default" loading={loop.isPending} onClick={() => loop.mutate()}>
            Watch the event loop for {LOOP_S} s
          </Button>
          {mayProfile && (
            <Button size="xs" variant="default" loading={profile.isPending} onClick={() => profile.mutate()}>
              CPU profile of {PROFILE_S} s
            </Button>
          )}
          {maySnapshot && (
            <Button size="xs" variant="default" onClick={() => setAsked(true)}>
              Heap snapshot
            </Button>
          )}
        </Group>
        {error !== null && <ErrorNotice error={error} />}
        {profile.data !== undefined && (
          <Text size="sm" role="status" className="breakable">
            {profile.data} was saved. Open it in the performance panel of Chromium’s developer tools.
          </Text>
        )}
        {loop.data !== undefined && <LoopReport report={loop.data} />}
      </Stack>
      <Confirm
        opened={asked}
        title="Take a heap snapshot"
        deed="Take it"
        danger
        onClose={() => setAsked(false)}
        onConfirm={() => download('ops/diagnostics/heap-snapshot', { confirm: true })}
      >
        <Alert color="red">
          The node does nothing else while it writes its heap, for seconds where that is large. The file holds secrets and messages: keep it
          accordingly.
        </Alert>
      </Confirm>
    </Panel>
  );
}
