import { Group, Text } from '@mantine/core';
import { Status } from '../../ui/status.tsx';
import { closeWords } from './close-words.ts';
import type { ConnectionItem } from './connection-item.ts';

/** How a connection ended, in a word and its code. */
export function CloseCell({ close }: Pick<ConnectionItem, 'close'>) {
  if (close === undefined) return null;
  const { short, tone } = closeWords(close.code);
  return (
    <Group gap={6} wrap="nowrap" w="max-content">
      <Status tone={tone}>{short}</Status>
      <Text span size="xs" className="quiet tabular">
        {close.code}
      </Text>
    </Group>
  );
}
