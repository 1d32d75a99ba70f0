import { Button, Group, NumberInput, Skeleton, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useGet } from '../../api/list.ts';
import { send } from '../../api/request.ts';
import { useMay } from '../../api/session.ts';
import { Confirm } from '../../ui/confirm.tsx';
import { ErrorNotice } from '../../ui/notice.tsx';
import { Panel } from '../../ui/panel.tsx';
import { useUrlState } from '../../ui/url-state.ts';
import { counted } from '../../ui/words.ts';
import { Forecast } from './forecast.tsx';
import type { DrainReport } from './node-view.ts';
import { Progress } from './progress.tsx';

const EVERY_MS = 2_000;

/** What will draining this node do, and how far is it? */
export function Drain({ node }: { readonly node: string }) {
  const may = useMay('operator');
  const queries = useQueryClient();
  const [asked, setAsked] = useState<'drain' | 'take-back'>();
  const [{ over_s: over, deadline_s: deadline }, change] = useUrlState({ over_s: '', deadline_s: '' });
  const path = `ops/nodes/${encodeURIComponent(node)}/drain`;
  const { data, error, refetch } = useGet<DrainReport>(path, { over_s: over, deadline_s: deadline }, { refresh: EVERY_MS });
  const drain = data?.drain ?? null;
  const forecast = data?.forecast ?? null;
  const after = () => queries.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[0]).startsWith('ops/nodes') });
  const body = { ...(over === '' ? {} : { over_s: Number(over) }), ...(deadline === '' ? {} : { deadline_s: Number(deadline) }) };
  return (
    <Panel
      title="Drain"
      about={drain === null ? 'What emptying this node would do now' : 'This node is being emptied, or is empty'}
      actions={
        may && data !== undefined ? (
          data.drain === null ? (
            <Button size="xs" color="red" variant="light" onClick={() => setAsked('drain')}>
              Drain this node
            </Button>
          ) : (
            data.drain.state !== 'stopping' && (
              <Button size="xs" onClick={() => setAsked('take-back')}>
                Take it back
              </Button>
            )
          )
        ) : undefined
      }
    >
      <Stack gap="sm" data-testid="drain">
        {error !== null && <ErrorNotice error={error} onRetry={() => void refetch()} />}
        {data === undefined && error === null && <Skeleton height={160} />}
        {drain !== null && <Progress drain={drain} />}
        {forecast !== null && (
          <>
            <Group gap="xs" align="flex-end">
              <Seconds label="Over (s)" value={over} onChange={(next) => change({ over_s: next })} standard={forecast.over_s} />
              <Seconds
                label="Deadline (s)"
                value={deadline}
                onChange={(next) => change({ deadline_s: next })}
                standard={forecast.deadline_s}
              />
            </Group>
            <Forecast forecast={forecast} elsewhere={data?.elsewhere.says ?? ''} />
          </>
        )}
      </Stack>
      <Confirm
        opened={asked === 'drain'}
        title={`Drain ${node}`}
        deed="Drain"
        danger
        typed={node}
        onClose={() => setAsked(undefined)}
        onConfirm={async () => {
          await send('POST', path, body);
          await after();
        }}
      >
        <Text size="sm">
          Nobody new is let in from now on, and {counted(data?.forecast?.connections ?? 0, 'connection')} are sent elsewhere over{' '}
          {data?.forecast?.over_s ?? 0} s. {data?.elsewhere.says}. It can be taken back at any time; who has gone by then comes back by
          themselves.
        </Text>
      </Confirm>
      <Confirm
        opened={asked === 'take-back'}
        title={`Take ${node} back`}
        deed="Take back"
        onClose={() => setAsked(undefined)}
        onConfirm={async () => {
          await send('DELETE', path);
          await after();
        }}
      >
        <Text size="sm">It lets newcomers in again. {counted(data?.drain?.left ?? 0, 'connection')} that have not left stay.</Text>
      </Confirm>
    </Panel>
  );
}

interface SecondsProps {
  readonly label: string;
  readonly value: string;
  readonly standard: number;
  readonly onChange: (value: string) => void;
}

function Seconds({ label, value, standard, onChange }: SecondsProps) {
  return (
    <NumberInput
      size="xs"
      w={120}
      label={label}
      min={0}
      max={3_600}
      hideControls
      placeholder={String(standard)}
      value={value}
      onChange={(next) => onChange(String(next))}
    />
  );
}
