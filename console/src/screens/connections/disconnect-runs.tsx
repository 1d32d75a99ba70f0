import { Alert, Button, Group, Progress, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { sentenceOf } from '../../api/api-error.ts';
import { type Page, useGet } from '../../api/list.ts';
import { send } from '../../api/request.ts';
import { useNow } from '../../ui/clock.tsx';
import { count } from '../../ui/format.ts';
import { Ago } from '../../ui/time.tsx';
import { type DisconnectRun, whomInWords } from './disconnect-run.ts';

const RUNNING_MS = 1_000;
/** Somebody else may begin one. */
const IDLE_MS = 10_000;
/** How long the end of a run stays in view. */
const FRESH_MS = 120_000;

/** How far a run is that disconnects many, and the way to stop it. Nothing where none runs or has just ended. */
export function DisconnectRuns() {
  const [running, setRunning] = useState(false);
  const { data } = useGet<Page<DisconnectRun>>('ops/disconnects', undefined, { refresh: running ? RUNNING_MS : IDLE_MS });
  const now = useNow();
  const run = data?.items[0];
  const isRunning = run?.state === 'running';
  if (isRunning !== running) setRunning(isRunning);
  if (run === undefined || (run.ended_at !== undefined && now - run.ended_at > FRESH_MS)) return null;
  return <Run run={run} />;
}

function Run({ run }: { readonly run: DisconnectRun }) {
  const queries = useQueryClient();
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const stop = async () => {
    setBusy(true);
    try {
      await send('DELETE', `ops/disconnects/${encodeURIComponent(run.id)}`);
      setProblem(undefined);
    } catch (error) {
      setProblem(sentenceOf(error));
    }
    setBusy(false);
    await queries.invalidateQueries({ queryKey: ['ops/disconnects'] });
  };
  const done = run.matched - run.left;
  const running = run.state === 'running';
  return (
    <Alert color={running ? 'accent' : 'gray'} role="status" data-testid="disconnect-run">
      <Group justify="space-between" gap="sm">
        <Text size="sm" className="breakable">
          {running ? 'Disconnecting' : run.state === 'stopped' ? 'Stopped disconnecting' : 'Disconnected'} {whomInWords(run.filter)}:{' '}
          <b className="tabular">
            {count(done)} of {count(run.matched)}
          </b>
          {run.gone > 0 ? `, of which ${count(run.gone)} had left by themselves` : ''}. Asked for by {run.by},{' '}
          <Ago at={run.ended_at ?? run.started_at} />
          {run.stopped_by === undefined ? '' : `, stopped by ${run.stopped_by}`}.
        </Text>
        {running && (
          <Button size="xs" color="red" variant="light" loading={busy} onClick={() => void stop()}>
            Stop
          </Button>
        )}
      </Group>
      {running && <Progress mt="xs" value={run.matched === 0 ? 100 : (done / run.matched) * 100} aria-label="How far it is" />}
      {problem !== undefined && (
        <Text size="sm" c="red" role="alert">
          {problem}
        </Text>
      )}
    </Alert>
  );
}
