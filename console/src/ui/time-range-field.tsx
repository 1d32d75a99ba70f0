import { Group, Select, TextInput } from '@mantine/core';
import { useTimeZoneChoice } from './clock.tsx';
import { fieldOf, ofField, RANGE_CHOICES } from './time-range.ts';

export interface RangeState {
  readonly range: string;
  readonly from: string;
  readonly to: string;
}

interface TimeRangeFieldProps {
  readonly value: RangeState;
  readonly onChange: (value: Partial<RangeState>) => void;
}

/** How far back a list reaches, or between which two times, as the reader chose to see times. */
export function TimeRangeField({ value: { range, from, to }, onChange }: TimeRangeFieldProps) {
  const { zone } = useTimeZoneChoice();
  const word = zone === 'utc' ? 'UTC' : 'local';
  return (
    <Group gap="xs" align="flex-end">
      <Select
        size="xs"
        w={150}
        label="Time"
        allowDeselect={false}
        data={[...RANGE_CHOICES]}
        value={range}
        onChange={(next) => onChange({ range: next ?? '', ...(next === 'between' ? {} : { from: '', to: '' }) })}
      />
      {range === 'between' && (
        <>
          <TextInput
            size="xs"
            type="datetime-local"
            label={`From (${word})`}
            value={fieldOf(from, zone)}
            onChange={(event) => onChange({ from: ofField(event.currentTarget.value, zone) })}
          />
          <TextInput
            size="xs"
            type="datetime-local"
            label={`Until (${word})`}
            value={fieldOf(to, zone)}
            onChange={(event) => onChange({ to: ofField(event.currentTarget.value, zone) })}
          />
        </>
      )}
    </Group>
  );
}
