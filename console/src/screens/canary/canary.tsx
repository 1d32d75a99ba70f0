import { SimpleGrid, Skeleton } from '@mantine/core';
import { useGet } from '../../api/list.ts';
import { duration } from '../../ui/format.ts';
import { ErrorNotice } from '../../ui/notice.tsx';
import { ScreenFrame } from '../../ui/screen.tsx';
import type { CanaryReport } from './canary-report.ts';
import { PathPanel } from './path-panel.tsx';
import { RunNowButton, RunNowResult, useRunNow } from './run-now.tsx';

const EVERY_MS = 5_000;
const EQUIVALENTS = [
  { path: 'ops/canary', cli: 'waybill canary --last' },
  { path: 'ops/canary', method: 'POST', cli: 'waybill canary' },
];

export function Screen() {
  const { data, error, refetch } = useGet<CanaryReport>('ops/canary', undefined, { refresh: EVERY_MS });
  const run = useRunNow();
  return (
    <ScreenFrame
      title="Canary"
      about={aboutOf(data?.interval_ms)}
      asOf={data?.as_of}
      missing={data?.missing}
      equivalents={EQUIVALENTS}
      actions={<RunNowButton run={run} />}
    >
      <RunNowResult run={run} />
      {error !== null && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="md">
        {data === undefined
          ? [0, 1].map((place) => <Skeleton key={place} height={420} />)
          : data.items.map((report) => <PathPanel key={`${report.node} ${report.path}`} report={report} />)}
      </SimpleGrid>
    </ScreenFrame>
  );
}

function aboutOf(intervalMs: number | undefined): string {
  const question = 'Is delivery working right now, end to end, through a real socket of this node?';
  if (intervalMs === undefined) return question;
  return intervalMs === 0 ? `${question} It runs only when asked.` : `${question} It asks every ${duration(intervalMs)}.`;
}
