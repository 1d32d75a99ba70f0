import { Group, Stack, Text } from '@mantine/core';
import { useMemo } from 'react';
import { duration } from '../../ui/format.ts';
import { Panel } from '../../ui/panel.tsx';
import { Status } from '../../ui/status.tsx';
import { TimeChart } from '../../ui/time-chart.tsx';
import { Ago } from '../../ui/time.tsx';
import { words } from '../../ui/words.ts';
import { type PathReport, roundTrips, sentenceOf } from './canary-report.ts';
import { Failures } from './failures.tsx';
import { Hops } from './hops.tsx';

const ABOUT: Readonly<Record<PathReport['path'], string>> = {
  live: 'An ephemeral message: published, carried by the bus, fanned out, written to a socket.',
  stored: 'A message that is stored first: the same way, through the database.',
};

/** One way through one node: how the last round trips went. */
export function PathPanel({ report }: { readonly report: PathReport }) {
  const { node, path, last, history } = report;
  const { times, values } = useMemo(() => roundTrips(history), [history]);
  const lines = useMemo(() => [{ name: 'Round trip', values }], [values]);
  return (
    <Panel
      title={node === undefined ? words(path) : `${words(path)}, ${node}`}
      about={ABOUT[path]}
      actions={
        last === undefined ? <Status tone="quiet">not yet</Status> : <Status tone={TONES[last.result]}>{RESULTS[last.result]}</Status>
      }
    >
      <Stack gap="md" data-testid={`canary-${path}`}>
        <Group gap="xs" align="baseline">
          <Text span fz="1.625rem" fw={600} className="tabular" data-figure>
            {duration(last?.round_trip_ms)}
          </Text>
          <Text span size="sm" className="quiet">
            {last !== undefined && (
              <>
                <Ago at={last.at} />.{' '}
              </>
            )}
            {sentenceOf(report)}
          </Text>
        </Group>
        {last?.result === 'failed' && (
          <Text size="sm" c="var(--waybill-bad)" className="breakable" role="alert">
            {last.broken === undefined ? '' : `${words(last.broken)} broke: `}
            {last.detail}
          </Text>
        )}
        {last !== undefined && <Hops hops={last.hops} />}
        <TimeChart label={`Round trips of ${path} messages`} times={times} lines={lines} height={170} format={duration} />
        <Failures history={history} />
      </Stack>
    </Panel>
  );
}

const TONES = { ok: 'good', failed: 'bad', skipped: 'quiet' } as const;
const RESULTS = { ok: 'came back', failed: 'failed', skipped: 'skipped' } as const;
