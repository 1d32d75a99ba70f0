import { Box, SimpleGrid, Stack, Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useGet } from '../../api/list.ts';
import { bytes, count, NOTHING } from '../../ui/format.ts';
import { ErrorNotice } from '../../ui/notice.tsx';
import { Panel } from '../../ui/panel.tsx';
import { TimeChart } from '../../ui/time-chart.tsx';
import { joined, type RateStep, stepsOf } from './rate-steps.ts';
import type { TopicDetail } from './topic-detail.ts';

const REFRESH_MS = 3_000;
/** Half an hour of ten seconds. */
const MOST_STEPS = 180;
const CHART_HEIGHT = 150;
const LEGEND_HEIGHT = 28;

/** Golden facts of a topic, and its rates: of the last minute, and for as long as the page is open. */
export function TopicRates({ topic }: { readonly topic: string }) {
  const { data, error, refetch } = useGet<TopicDetail>(`ops/topics/${encodeURIComponent(topic)}`, { limit: 1 }, { refresh: REFRESH_MS });
  const steps = useSteps(topic, data);
  if (error !== null && data === undefined) return <ErrorNotice error={error} onRetry={() => void refetch()} />;
  const figure = (value: number | undefined, write: (known: number) => string = count): string =>
    value === undefined ? NOTHING : write(value);
  return (
    <Stack gap="lg">
      <SimpleGrid cols={{ base: 2, sm: 3, lg: 6 }} spacing="md">
        <Figure name="Messages/s" value={figure(data?.messages_per_s)} />
        <Figure name="Deliveries/s" value={figure(data?.deliveries_per_s)} />
        <Figure name="Bytes/s" value={figure(data?.bytes_per_s, (rate) => bytes(Math.round(rate)))} />
        <Figure name="Subscribers here" value={figure(data?.subscribers)} />
        <Figure
          name="Newest"
          value={figure(data?.head, (head) => `#${String(head)}`)}
          {...(data === undefined ? {} : { about: `epoch ${data.epoch}` })}
        />
        <Figure
          name="In history"
          value={data === undefined ? NOTHING : count(data.head - data.floor)}
          {...(data !== undefined && data.floor > 0 ? { about: `older than #${String(data.floor + 1)} are gone` } : {})}
        />
      </SimpleGrid>
      <Panel title="Rate" about="Over all nodes, in steps of ten seconds: the last minute, and on for as long as this page is open.">
        {steps.length < 2 ? (
          <Box h={CHART_HEIGHT + LEGEND_HEIGHT} />
        ) : (
          <TimeChart
            label={`Messages and deliveries per second of ${topic}`}
            times={steps.map(({ at }) => at)}
            lines={[
              { name: 'published/s', values: steps.map(({ published }) => published) },
              { name: 'deliveries/s', values: steps.map(({ deliveries }) => deliveries) },
            ]}
            height={CHART_HEIGHT}
          />
        )}
      </Panel>
    </Stack>
  );
}

/** The steps of this topic as they came while the page was open. */
function useSteps(topic: string, data: TopicDetail | undefined): readonly RateStep[] {
  const [seen, setSeen] = useState<{ readonly topic: string; readonly steps: readonly RateStep[] }>({ topic, steps: [] });
  const asOf = data?.as_of;
  useEffect(() => {
    if (data === undefined || data.topic !== topic) return;
    const now = stepsOf(data.steps);
    setSeen((before) => ({ topic, steps: joined(before.topic === topic ? before.steps : [], now, MOST_STEPS) }));
    // An answer is told from the one before by its time alone.
  }, [topic, asOf]);
  return seen.topic === topic ? seen.steps : [];
}

function Figure({ name, value, about }: { readonly name: string; readonly value: string; readonly about?: string }) {
  return (
    <div>
      <Text size="xs" className="quiet">
        {name}
      </Text>
      <Text fw={600} fz={20} lh={1.3} className="tabular" aria-label={`${name}: ${value}`}>
        {value}
      </Text>
      <Text size="xs" className="quiet breakable" mih={18}>
        {about}
      </Text>
    </div>
  );
}
