import { Box, SimpleGrid } from '@mantine/core';
import { useMemo } from 'react';
import { useGet } from '../../api/list.ts';
import { Panel } from '../../ui/panel.tsx';
import { TimeChart } from '../../ui/time-chart.tsx';
import { type History, timesOf } from '../overview/sample.ts';

const QUERY = { minutes: 60, step_s: 10 };
const EVERY_MS = 10_000;
const CHART_HEIGHT = 120;
const LEGEND_HEIGHT = 28;

/** When messages were dropped and clients were slow: whether it is new, and what it came with. */
export function SlowHour() {
  const { data } = useGet<History>('ops/history', QUERY, { refresh: EVERY_MS });
  const times = useMemo(() => (data === undefined ? [] : timesOf(data)), [data]);
  const charts = [
    { title: 'Dropped, last hour', line: 'messages dropped/s', values: data?.series.dropped_per_s },
    { title: 'Slow clients, last hour', line: 'slow clients', values: data?.series.slow_connections },
  ];
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="md">
      {charts.map(({ title, line, values }) => (
        <Panel key={title} title={title}>
          {values === undefined ? (
            <Box h={CHART_HEIGHT + LEGEND_HEIGHT} />
          ) : (
            <TimeChart label={title} times={times} lines={[{ name: line, values }]} height={CHART_HEIGHT} />
          )}
        </Panel>
      ))}
    </SimpleGrid>
  );
}
