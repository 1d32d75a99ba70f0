import { Anchor, Group, Text } from '@mantine/core';
import { Link } from 'react-router';
import { Status } from '../../ui/status.tsx';
import { Ago } from '../../ui/time.tsx';
import { against, type Alarm } from './alarm.ts';
import classes from './alarm-card.module.css';

/** One alarm that is active: what is wrong, since when, what it affects, and what to do. */
export function AlarmCard({ alarm }: { readonly alarm: Alarm }) {
  const { name, severity, since, summary, affects, runbook } = alarm;
  const figures = against(alarm);
  return (
    <li className={classes['alarm']} data-severity={severity} data-testid={`alarm-${name}`}>
      <Group justify="space-between" gap="xs">
        <Group gap="xs">
          <Text fw={600} className="breakable">
            {name}
          </Text>
          <Status tone={severity === 'page' ? 'bad' : 'warn'}>{severity === 'page' ? 'wakes somebody' : 'ticket'}</Status>
        </Group>
        <Text size="xs" className="quiet">
          since <Ago at={since} />
        </Text>
      </Group>
      <Text size="sm" className="breakable">
        {summary}
      </Text>
      {affects !== undefined && (
        <Text size="sm" className="quiet breakable">
          Affects: {affects}
        </Text>
      )}
      <Group gap="md">
        {figures !== undefined && (
          <Text size="sm" className="tabular">
            <span className="quiet">Value </span>
            {figures}
          </Text>
        )}
        {runbook !== undefined && (
          <Anchor component={Link} to={`/alarms/runbooks/${encodeURIComponent(runbook)}`} size="sm">
            What to do
          </Anchor>
        )}
      </Group>
    </li>
  );
}
