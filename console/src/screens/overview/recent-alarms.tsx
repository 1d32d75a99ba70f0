import { Anchor, Group, Stack, Text } from '@mantine/core';
import { Link } from 'react-router';
import { useGet } from '../../api/list.ts';
import type { Alarm, AlarmList } from '../alarms/alarm.ts';
import { Panel } from '../../ui/panel.tsx';
import { Status } from '../../ui/status.tsx';
import { Ago } from '../../ui/time.tsx';

const EVERY_MS = 5_000;
const MOST = 5;

/** What is wrong now, and what lately was. */
export function RecentAlarms() {
  const { data, error } = useGet<AlarmList>('ops/alarms', { state: 'all' }, { refresh: EVERY_MS });
  return (
    <Panel
      title="Alarms"
      actions={
        <Anchor component={Link} to="/alarms" size="sm">
          All alarms
        </Anchor>
      }
    >
      <Stack gap={8}>
        {error !== null && data === undefined && <Text size="sm">Alarms could not be read: {error.message}</Text>}
        {data?.items.length === 0 && (
          <Text size="sm" className="quiet">
            None now, and none since this node began.
          </Text>
        )}
        {data?.items.slice(0, MOST).map((alarm) => (
          <AlarmLine key={`${alarm.name} ${alarm.since}`} alarm={alarm} />
        ))}
      </Stack>
    </Panel>
  );
}

function AlarmLine({ alarm }: { readonly alarm: Alarm }) {
  const { name, severity, summary, since, until } = alarm;
  const active = alarm.state === 'active';
  return (
    <div>
      <Group gap="xs" justify="space-between" wrap="nowrap">
        <Text size="sm" fw={active ? 600 : 400} className="breakable">
          {name}
        </Text>
        <Group gap="xs" wrap="nowrap">
          <Text span size="xs" className="quiet">
            <Ago at={active ? since : until} />
          </Text>
          {active ? <Status tone={severity === 'page' ? 'bad' : 'warn'}>active</Status> : <Status tone="quiet">ended</Status>}
        </Group>
      </Group>
      <Text size="xs" className="quiet breakable">
        {summary}
      </Text>
    </div>
  );
}
