import { Grid, Skeleton, Stack, Text } from '@mantine/core';
import { useGet } from '../../api/list.ts';
import type { Summary } from '../../api/summary.ts';
import { ErrorNotice } from '../../ui/notice.tsx';
import { ScreenFrame } from '../../ui/screen.tsx';
import { CanaryGlance } from './canary-glance.tsx';
import { Latency } from './latency.tsx';
import { Limits } from './limits.tsx';
import { Loss } from './loss.tsx';
import { Objectives } from './objectives.tsx';
import { RecentAlarms } from './recent-alarms.tsx';
import { Standing } from './standing.tsx';
import { useFigures } from './use-figures.ts';
import { Vitals } from './vitals.tsx';

const EVERY_MS = 5_000;
const WIDE = { base: 12, lg: 7 };
const NARROW = { base: 12, lg: 5 };

const EQUIVALENTS = [
  { path: 'ops/summary', cli: 'waybill status' },
  { path: 'ops/history', query: { minutes: 60, step_s: 10 }, cli: 'waybill history --minutes 60' },
  { path: 'ops/accounting', cli: 'waybill accounting' },
];

export function Screen() {
  const { data: summary, error, refetch } = useGet<Summary>('ops/summary', undefined, { refresh: EVERY_MS });
  const figures = useFigures();
  return (
    <ScreenFrame
      title="Overview"
      about="Is all well, is anything lost, how fast is it, and how near is a limit?"
      asOf={summary?.as_of}
      missing={summary?.missing}
      equivalents={EQUIVALENTS}
    >
      {error !== null && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      {summary === undefined ? <Skeleton height={76} /> : <Standing summary={summary} />}
      <div>
        <Vitals figures={figures} summary={summary} />
        <Text size="xs" className="quiet" mt={4} ta="right" data-testid="live" data-live={figures.live}>
          {figures.live
            ? 'Figures change each second; lines are the last hour.'
            : 'Not live: figures are up to ten seconds old; lines are the last hour.'}
        </Text>
      </div>
      <Grid gap="md">
        <Grid.Col span={WIDE}>
          <Stack gap="md">
            <Loss refresh={EVERY_MS} />
            <Latency rows={summary?.latency} />
            <Limits limits={summary?.limits ?? []} />
          </Stack>
        </Grid.Col>
        <Grid.Col span={NARROW}>
          <Stack gap="md">
            <RecentAlarms />
            <CanaryGlance canary={summary?.canary ?? {}} />
            <Objectives objectives={summary?.objectives ?? []} />
          </Stack>
        </Grid.Col>
      </Grid>
    </ScreenFrame>
  );
}
