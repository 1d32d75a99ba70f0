import { Badge } from '@mantine/core';
import { Link } from 'react-router';
import { useGet } from '../api/list.ts';

interface Standing {
  readonly ok: boolean;
  readonly problems: readonly unknown[];
}

const EVERY_MS = 10_000;

/** Whether all is well, on every screen. */
export function StandingBadge() {
  const { data, isError } = useGet<Standing>('ops/summary', undefined, { refresh: EVERY_MS });
  if (isError) return <Badge color="gray">No answer</Badge>;
  if (data === undefined) return null;
  const count = data.problems.length;
  return (
    <Badge
      component={Link}
      to="/alarms"
      variant="light"
      color={data.ok ? 'teal' : 'red'}
      style={{ cursor: 'pointer', textTransform: 'none', flexShrink: 0 }}
    >
      {data.ok ? 'All well' : `${count} ${count === 1 ? 'problem' : 'problems'}`}
    </Badge>
  );
}
