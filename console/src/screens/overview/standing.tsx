import { Anchor, Group, List, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck } from '@tabler/icons-react';
import { Link } from 'react-router';
import type { Summary } from '../../api/summary.ts';
import { duration } from '../../ui/format.ts';
import { counted } from '../../ui/words.ts';
import { Parts } from './parts.tsx';

const ICON = 26;
const STATUS: Readonly<Record<Summary['health']['status'], string>> = {
  starting: 'is starting: it takes nobody yet',
  ready: 'is ready',
  draining: 'is draining: it takes nobody new',
  failing: 'is not ready: it cannot deliver to its own socket',
};

/** Whether all is well, in one glance; and if not, what is wrong and what that affects. */
export function Standing({ summary }: { readonly summary: Summary }) {
  const { ok, problems, health, node, nodes, version, uptime_s: uptime } = summary;
  return (
    <Stack gap="sm" component="section" aria-label="Standing" role="status" data-testid="standing" data-ok={ok}>
      <Group gap="sm" wrap="nowrap" align="flex-start">
        {ok ? (
          <IconCircleCheck size={ICON} color="var(--waybill-good)" aria-hidden />
        ) : (
          <IconAlertTriangle size={ICON} color="var(--waybill-bad)" aria-hidden />
        )}
        <Stack gap={2} style={{ minWidth: 0 }}>
          <Text size="xl" fw={600} lh="26px">
            {ok ? 'All is well' : counted(problems.length, 'problem')}
          </Text>
          <Text size="sm" className="quiet breakable">
            <Anchor component={Link} to={`/nodes/${encodeURIComponent(node)}`} inherit>
              {node}
            </Anchor>{' '}
            {STATUS[health.status]}, up for {duration(uptime * 1_000)}, version {version}.
          </Text>
          {nodes.length > 1 && (
            <Text size="sm" className="quiet breakable" data-testid="other-nodes">
              {nodes.length} nodes answer for all of this:{' '}
              {nodes.map(({ node: name, status, connections, problems: wrong }, place) => (
                <span key={name}>
                  {place > 0 && '; '}
                  <Anchor component={Link} to={`/nodes/${encodeURIComponent(name)}`} inherit>
                    {name}
                  </Anchor>{' '}
                  {status}, {counted(connections, 'connection')}
                  {wrong > 0 && `, ${counted(wrong, 'problem')}`}
                </span>
              ))}
              .
            </Text>
          )}
          {problems.length > 0 && (
            <List size="sm" mt={4} spacing={2} className="breakable">
              {problems.map((problem) => (
                <List.Item key={problem}>{problem}</List.Item>
              ))}
            </List>
          )}
        </Stack>
      </Group>
      <Parts parts={health.parts} />
    </Stack>
  );
}
