import { Anchor, Group, Skeleton, Stack, Text } from '@mantine/core';
import { Link, useParams } from 'react-router';
import { ApiError } from '../../api/api-error.ts';
import { useGet } from '../../api/list.ts';
import { Copyable } from '../../ui/copy.tsx';
import { duration } from '../../ui/format.ts';
import { ErrorNotice, Notice } from '../../ui/notice.tsx';
import { Panel } from '../../ui/panel.tsx';
import { ScreenFrame } from '../../ui/screen.tsx';
import { Status } from '../../ui/status.tsx';
import { Time } from '../../ui/time.tsx';
import { connectionPage, topicPage } from '../messages/places.ts';
import { queryString } from '../../api/request.ts';
import type { TraceDetail } from './trace-answer.ts';
import { ownTime, slowest } from './waterfall-layout.ts';
import { Waterfall } from './waterfall.tsx';

/** Q11: where the time of one message, connection or request went. */
export function Screen() {
  const { id = '' } = useParams();
  const path = `ops/traces/${encodeURIComponent(id)}`;
  const { data, error, refetch } = useGet<TraceDetail>(path);
  return (
    <ScreenFrame
      title={data?.name ?? 'Trace'}
      name={`Trace ${id.slice(0, 8)}`}
      about={data === undefined ? 'Where the time went.' : undefined}
      missing={data?.missing}
      equivalents={[{ path, cli: `waybill trace ${id}` }]}
    >
      {error !== null && data === undefined && (isGone(error) ? <Gone /> : <ErrorNotice error={error} onRetry={() => void refetch()} />)}
      {data === undefined && error === null && <Skeleton height={320} role="status" aria-label="Loading" />}
      {data !== undefined && (
        <Stack gap="lg">
          <Summary trace={data} />
          <Panel title="Where the time went">
            <Waterfall trace={data} />
          </Panel>
        </Stack>
      )}
    </ScreenFrame>
  );
}

function isGone(error: unknown): boolean {
  return error instanceof ApiError && error.code === 'NOT_FOUND';
}

/** Most traces that somebody has a link to are gone when they follow it: that is no fault. */
function Gone() {
  return (
    <Notice
      title="This trace is not kept here"
      detail="It was not sampled, belongs to another node, or has made room for younger ones. A collector keeps traces for longer; a probe has everything traced that it watches."
      action={
        <Anchor component={Link} to="/traces" size="sm">
          Traces that are kept
        </Anchor>
      }
    />
  );
}

function Summary({ trace }: { readonly trace: TraceDetail }) {
  const { duration_ms: whole, started_at: at, failed, topic, msg_id: msgId, connection_id: connection, spans, trace_id: id } = trace;
  const most = slowest(spans);
  return (
    <Stack gap={6}>
      <Text size="lg" fw={600} data-testid="trace-summary">
        {duration(whole)}
        {most !== undefined && spans.length > 1 && (
          <Text span inherit fw={400}>
            , most of it ({duration(ownTime(most, spans))}) in <span className="breakable">{most.name}</span>
          </Text>
        )}
      </Text>
      <Group gap="md">
        {failed ? <Status tone="bad">failed</Status> : <Status tone="good">ok</Status>}
        <Text size="sm" span>
          <span className="quiet">began </span>
          <Time at={at} milliseconds />
        </Text>
        {topic !== undefined && <PageLink to={topicPage(topic)}>{topic}</PageLink>}
        {msgId !== undefined && topic !== undefined && (
          <PageLink to={`/messages${queryString({ id: msgId, topic })}`}>its waybill</PageLink>
        )}
        {connection !== undefined && <PageLink to={connectionPage(connection)}>its connection</PageLink>}
        <Text size="sm" span className="quiet">
          <Copyable text={id} what="trace id" />
        </Text>
      </Group>
    </Stack>
  );
}

function PageLink({ to, children }: { readonly to: string; readonly children: string }) {
  return (
    <Anchor component={Link} to={to} size="sm" className="breakable">
      {children}
    </Anchor>
  );
}
