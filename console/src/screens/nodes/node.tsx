import { Grid, Skeleton, Stack } from '@mantine/core';
import { useParams } from 'react-router';
import { useGet } from '../../api/list.ts';
import { shellWord } from '../../ui/commands.tsx';
import { Copyable } from '../../ui/copy.tsx';
import { Facts } from '../../ui/facts.tsx';
import { bytes, count, duration, percent } from '../../ui/format.ts';
import { LimitList } from '../../ui/limit-list.tsx';
import { ErrorNotice } from '../../ui/notice.tsx';
import { Panel } from '../../ui/panel.tsx';
import { ScreenFrame } from '../../ui/screen.tsx';
import { Status } from '../../ui/status.tsx';
import { Ago } from '../../ui/time.tsx';
import { Diagnostics } from './diagnostics.tsx';
import { Drain } from './drain.tsx';
import { type NodeView, STATE_TONES } from './node-view.ts';
import { PartsTable } from './parts-table.tsx';

const EVERY_MS = 2_000;

export function Screen() {
  const { node = 'this' } = useParams();
  const path = `ops/nodes/${encodeURIComponent(node)}`;
  const { data, error, refetch } = useGet<NodeView & { readonly as_of: number }>(path, undefined, { refresh: EVERY_MS });
  return (
    <ScreenFrame
      title={<Copyable text={data?.node ?? node} what="name of the node" />}
      name={data?.node ?? node}
      about="Is this node well, what is it near to, and what would draining it do?"
      asOf={data?.as_of}
      equivalents={[
        { path, cli: 'waybill nodes' },
        { path: `${path}/drain`, cli: `waybill drain --node ${shellWord(node)} --status` },
        { path: `${path}/drain`, method: 'POST', body: { over_s: 30 }, cli: `waybill drain --node ${shellWord(node)} --over 30s` },
        { path: 'ops/diagnostics/event-loop', query: { seconds: 5 }, cli: `waybill diagnose loop --seconds ${shellWord('5')}` },
      ]}
    >
      {error !== null && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      {data === undefined ? error === null && <Skeleton height={300} /> : <Detail view={data} />}
    </ScreenFrame>
  );
}

function Detail({ view }: { readonly view: NodeView }) {
  const { state, version, node_version: runtime, started_at: started, connections, slow_connections: slow, subscriptions } = view;
  const { event_loop: loop, memory, region } = view;
  return (
    <>
      <Panel>
        <Facts
          of={[
            [
              'State',
              <Status key="state" tone={STATE_TONES[state]}>
                {state}
              </Status>,
            ],
            ['Connections', `${count(connections)}, of these ${count(slow)} slow`],
            ['Subscriptions', count(subscriptions)],
            ['Started', <Ago key="started" at={started} />],
            ['Event loop delay', `p99 ${duration(loop.delay_p99_ms)}, longest ${duration(loop.delay_max_ms)} in ten seconds`],
            ['Event loop busy', percent(loop.utilization)],
            ['Memory', `${bytes(memory.rss_bytes)}, heap ${bytes(memory.heap_used_bytes)} of ${bytes(memory.heap_limit_bytes)}`],
            ['Version', `${version}, Node ${runtime}`],
            ...(region === null ? [] : [['Region', region] as const]),
          ]}
        />
      </Panel>
      <Grid gap="md">
        <Grid.Col span={{ base: 12, lg: 7 }}>
          <Stack gap="md">
            <PartsTable parts={view.parts} />
            <Drain node={view.node} />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 5 }}>
          <Stack gap="md">
            <Panel title="Limits" about="The nearest first; point at a figure for what sets it">
              <LimitList limits={view.limits} />
            </Panel>
            {/* A node takes profiles of itself alone, and keeps them with it. */}
            {view.this && <Diagnostics />}
          </Stack>
        </Grid.Col>
      </Grid>
    </>
  );
}
