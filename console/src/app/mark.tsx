import { Group, Text } from '@mantine/core';

/** Name and sign of the product. */
export function Mark() {
  return (
    <Group gap={8} wrap="nowrap">
      <img src="/console/icon.svg" width={22} height={22} alt="" />
      <Text fw={650} size="md" visibleFrom="xs">
        Waybill
      </Text>
    </Group>
  );
}
