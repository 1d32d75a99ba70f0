import { Box, SimpleGrid, Stack, Text } from '@mantine/core';
import { type Page, useGet } from '../../api/list.ts';
import { bytes, count, NOTHING } from '../../ui/format.ts';
import { ErrorNotice } from '../../ui/notice.tsx';
import { Panel } from '../../ui/panel.tsx';
import { TimeChart } from '../../ui/time-chart.tsx';
import type { TopicItem } from './topic-item.ts';
import { useSeen } from './use-seen.ts';

const REFRESH_MS = 3_000;
/** Half an hour of them. */
const MOST_SEEN = 600;
const CHART_HEIGHT = 150;
const LEGEND_HEIGHT = 28;

interface Ends {
  readonly epoch: string;
  readonly head: number;
  readonly floor: number;
}

/** Golden facts of a topic, and its rates since the page was opened. */
export function TopicRates({ topic }: { readonly topic: string }) {
  const ends = useGet<Ends>(`topics/${encodeURIComponent(topic)}`, undefined, { refresh: REFRESH_MS });
  const list = useGet<Page<TopicItem>>('ops/topics', { prefix: topic, sort: 'topic', limit: 1 }, { refresh: REFRESH_MS });
  // Topics without traffic and without a listener are in no list.
  const item = list.data?.items.find((each) => each.topic === topic);
  const sample =
    list.data === undefined
      ? undefined
      : { at: list.data.as_of, messages: item?.messages_per_s ?? 0, deliveries: item?.deliveries_per_s ?? 0 };
  const seen = useSeen(topic, sample, MOST_SEEN);
  if (ends.error !== null && ends.data === undefined) return <ErrorNotice error={ends.error} onRetry={() => void ends.refetch()} />;
  const known = list.data !== undefined;
  return (
    <Stack gap="lg">
      <SimpleGrid cols={{ base: 2, sm: 3, lg: 6 }} spacing="md">
        <Figure name="Messages/s" value={known ? count(item?.messages_per_s ?? 0) : NOTHING} />
        <Figure name="Deliveries/s" value={known ? count(item?.deliveries_per_s ?? 0) : NOTHING} />
        <Figure name="Bytes/s" value={known ? bytes(Math.round(item?.bytes_per_s ?? 0)) : NOTHING} />
        <Figure name="Subscribers here" value={known ? count(item?.subscribers ?? 0) : NOTHING} />
        <Figure name="Newest" value={ends.data === undefined ? NOTHING : `#${String(ends.data.head)}`} {...epochOf(ends.data)} />
        <Figure
          name="In history"
          value={ends.data === undefined ? NOTHING : count(ends.data.head - ends.data.floor)}
          {...(ends.data !== undefined && ends.data.floor > 0 ? { about: `older than #${String(ends.data.floor + 1)} are gone` } : {})}
        />
      </SimpleGrid>
      <Panel title="Rate" about="Of the last minute, on this node, since this page was opened.">
        {seen.length < 2 ? (
          <Box h={CHART_HEIGHT + LEGEND_HEIGHT} />
        ) : (
          <TimeChart
            label={`Messages and deliveries per second of ${topic}`}
            times={seen.map(({ at }) => at)}
            lines={[
              { name: 'messages/s', values: seen.map(({ messages }) => messages) },
              { name: 'deliveries/s', values: seen.map(({ deliveries }) => deliveries) },
            ]}
            height={CHART_HEIGHT}
          />
        )}
      </Panel>
    </Stack>
  );
}

function epochOf(ends: Ends | undefined): { readonly about?: string } {
  return ends === undefined ? {} : { about: `epoch ${ends.epoch}` };
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
