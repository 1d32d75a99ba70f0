import { Table, Text } from '@mantine/core';
import type { CanaryRun } from '../../api/summary.ts';
import { Time } from '../../ui/time.tsx';
import { words } from '../../ui/words.ts';

const MOST = 10;

/** Those of the last hundred that did not come back, the newest first. */
export function Failures({ history }: { readonly history: readonly CanaryRun[] }) {
  const failed = history.filter(({ result }) => result !== 'ok');
  if (failed.length === 0) return null;
  return (
    <Table.ScrollContainer minWidth={0}>
      <Table aria-label="Runs that did not come back" fz="sm" verticalSpacing={4}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>When</Table.Th>
            <Table.Th>Hop</Table.Th>
            <Table.Th>Why</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {failed.slice(0, MOST).map(({ at, broken, result, detail }) => (
            <Table.Tr key={at}>
              <Table.Td>
                <Time at={at} />
              </Table.Td>
              <Table.Td>{broken === undefined ? result : words(broken)}</Table.Td>
              <Table.Td className="breakable">{detail}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {failed.length > MOST && (
        <Text size="xs" className="quiet">
          and {failed.length - MOST} before
        </Text>
      )}
    </Table.ScrollContainer>
  );
}
