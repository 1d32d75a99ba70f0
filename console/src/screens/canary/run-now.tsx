import { Button, Group, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { IconPlayerPlay } from '@tabler/icons-react';
import { send } from '../../api/request.ts';
import { useMay } from '../../api/session.ts';
import { duration } from '../../ui/format.ts';
import { words } from '../../ui/words.ts';
import { ErrorNotice } from '../../ui/notice.tsx';
import type { CanaryRound } from './canary-report.ts';

/** Sends the canary round now, for those who may, and says how it went. */
export function useRunNow() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => send<CanaryRound>('POST', 'ops/canary'),
    onSettled: () => queries.invalidateQueries({ queryKey: ['ops/canary'] }),
  });
}

export function RunNowButton({ run }: { readonly run: ReturnType<typeof useRunNow> }) {
  const may = useMay('operator');
  if (!may) return null;
  return (
    <Button size="xs" leftSection={<IconPlayerPlay size={15} />} loading={run.isPending} onClick={() => run.mutate()}>
      Run now
    </Button>
  );
}

export function RunNowResult({ run: { data, error } }: { readonly run: ReturnType<typeof useRunNow> }) {
  if (error !== null) return <ErrorNotice error={error} />;
  if (data === undefined) return null;
  return (
    <Group gap="md" role="status">
      {data.items.map(({ path, result, round_trip_ms: ms, broken, detail }) => (
        <Text key={path} size="sm" c={result === 'ok' ? undefined : 'var(--waybill-bad)'}>
          {words(path)}:{' '}
          {result === 'ok'
            ? `came back after ${duration(ms)}`
            : `${result}${broken === undefined ? '' : ` at ${words(broken)}`}. ${detail ?? ''}`}
        </Text>
      ))}
    </Group>
  );
}
