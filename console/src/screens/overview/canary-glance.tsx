import { Anchor, Group, Stack, Text } from '@mantine/core';
import { Link } from 'react-router';
import type { CanaryRun, Summary } from '../../api/summary.ts';
import { duration, NOTHING } from '../../ui/format.ts';
import { Panel } from '../../ui/panel.tsx';
import { Status } from '../../ui/status.tsx';
import { Ago } from '../../ui/time.tsx';
import { words } from '../../ui/words.ts';

const PATHS = [
  { path: 'live', about: 'an ephemeral message' },
  { path: 'stored', about: 'through the database' },
] as const;

/** Is delivery working right now, end to end, through a real socket? */
export function CanaryGlance({ canary }: { readonly canary: Summary['canary'] }) {
  return (
    <Panel
      title="Canary"
      about="A message that each node sends itself through a real socket; the worst of them"
      actions={
        <Anchor component={Link} to="/canary" size="sm">
          Round trips
        </Anchor>
      }
    >
      <Stack gap={8}>
        {PATHS.map(({ path, about }) => (
          <PathLine key={path} path={path} about={about} run={canary[path]} />
        ))}
      </Stack>
    </Panel>
  );
}

function PathLine({ path, about, run }: { readonly path: string; readonly about: string; readonly run: CanaryRun | undefined }) {
  return (
    <div data-testid={`canary-${path}`}>
      <Group gap="xs" justify="space-between" wrap="nowrap">
        <Text size="sm">
          {words(path)}{' '}
          <Text span size="xs" className="quiet">
            {about}
          </Text>
        </Text>
        <Group gap="xs" wrap="nowrap" style={{ flexShrink: 0 }}>
          <span className="tabular">{duration(run?.round_trip_ms)}</span>
          <Text span size="xs" className="quiet" w={64} ta="right">
            {run === undefined ? NOTHING : <Ago at={run.at} />}
          </Text>
          {run === undefined ? <Status tone="quiet">not yet</Status> : <Outcome run={run} />}
        </Group>
      </Group>
      {run?.detail !== undefined && (
        <Text size="xs" className="quiet breakable">
          {run.broken === undefined ? '' : `${words(run.broken)}: `}
          {run.detail}
        </Text>
      )}
    </div>
  );
}

function Outcome({ run: { result } }: { readonly run: CanaryRun }) {
  if (result === 'ok') return <Status tone="good">came back</Status>;
  return result === 'failed' ? <Status tone="bad">failed</Status> : <Status tone="quiet">skipped</Status>;
}
