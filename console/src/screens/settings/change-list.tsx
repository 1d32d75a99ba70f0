import { Table } from '@mantine/core';
import { Time } from '../../ui/time.tsx';
import type { SettingChange } from './setting.ts';
import { Source, Value } from './value.tsx';

/** What a change does, setting by setting: old and new, and where each comes from. */
export function ChangeList({ changes }: { readonly changes: readonly SettingChange[] }) {
  return (
    <Table.ScrollContainer minWidth={0}>
      <Table aria-label="What changes" fz="sm" verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Setting</Table.Th>
            <Table.Th>Before</Table.Th>
            <Table.Th>After</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {changes.map(({ path, before, after, source_before: from, source_after: to, until_before: was, until_after: until }) => (
            <Table.Tr key={path}>
              <Table.Td className="mono breakable">{path}</Table.Td>
              <Side value={before} source={from} until={was} />
              <Side value={after} source={to} until={until} />
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Side({ value, source, until }: { readonly value: unknown; readonly source: string; readonly until: number | undefined }) {
  return (
    <Table.Td>
      <Value value={value} />
      <br />
      <Source source={source} />
      {until !== undefined && (
        <>
          {' '}
          until <Time at={until} />
        </>
      )}
    </Table.Td>
  );
}
