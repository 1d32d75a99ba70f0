import { Group, Text } from '@mantine/core';
import { percent } from '../../ui/format.ts';
import classes from './queue-fill.module.css';

/** How full a queue is, as a bar and a number. */
export function QueueFill({ fill, soon }: { readonly fill: number; readonly soon: boolean }) {
  return (
    <Group gap={8} wrap="nowrap" justify="flex-end">
      <div className={classes['track']} aria-hidden>
        <div className={classes['bar']} data-soon={soon || undefined} style={{ width: `${fill * 100}%` }} />
      </div>
      <Text span size="sm" className="tabular" w={44} ta="right">
        {percent(Math.round(fill * 100) / 100)}
      </Text>
    </Group>
  );
}
