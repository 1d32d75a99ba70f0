import { Button, Group, SegmentedControl, Stack } from '@mantine/core';
import { IconAdjustments } from '@tabler/icons-react';
import { type Filter, FilterBar } from '../../ui/filter-bar.tsx';
import type { ConnectionFilters } from './connection-filters.ts';

const STATES = [
  { value: 'open', label: 'Open' },
  { value: 'closed', label: 'Closed' },
  { value: 'all', label: 'All' },
];

const FIRST: readonly Filter[] = [
  { name: 'user', label: 'User', width: 150 },
  { name: 'address', label: 'Address', width: 120 },
  { name: 'ref', label: 'Ref', placeholder: '7KQ2-M9XD', width: 105 },
  { name: 'client', label: 'Client', placeholder: 'name or name/1.2', width: 140 },
  { name: 'topic', label: 'Topic', width: 140 },
];
const MORE: readonly Filter[] = [
  { name: 'node', label: 'Node', width: 130 },
  { name: 'code', label: 'Close code', placeholder: '4408', width: 90 },
  { name: 'reason', label: 'Close reason has', width: 150 },
  { name: 'from', label: 'Open at or after', placeholder: '1h, 14:30 or a date', width: 150 },
  { name: 'to', label: 'Open at or before', placeholder: '5m, 15:00 or a date', width: 150 },
];

interface ConnectionFilterBarProps {
  readonly filters: ConnectionFilters;
  /** Whether the second row is asked for; it is also there while something in it is set. */
  readonly more: boolean;
  readonly onMore: (more: boolean) => void;
  readonly onChange: (filters: Partial<ConnectionFilters>) => void;
}

export function ConnectionFilterBar({ filters, more, onMore, onChange }: ConnectionFilterBarProps) {
  const values = { ...filters };
  const isUsed = MORE.some(({ name }) => values[name as keyof ConnectionFilters] !== '');
  const shown = more || isUsed;
  return (
    <Stack gap="xs">
      <Group gap="md" align="flex-end">
        <SegmentedControl
          size="xs"
          aria-label="Which connections"
          data={STATES}
          value={filters.state}
          onChange={(state) => onChange({ state })}
        />
        <FilterBar filters={shown ? [...FIRST, ...MORE] : FIRST} values={values} onChange={onChange} />
        {!isUsed && (
          <Button
            size="xs"
            variant="subtle"
            color="gray"
            leftSection={<IconAdjustments size={15} />}
            aria-expanded={shown}
            onClick={() => onMore(!more)}
          >
            {more ? 'Fewer filters' : 'More filters'}
          </Button>
        )}
      </Group>
    </Stack>
  );
}
