import { Anchor, Group, Stack, Table, Text } from '@mantine/core';
import { Link } from 'react-router';
import { duration } from '../../ui/format.ts';
import { tracePage } from '../messages/places.ts';
import type { Span } from './trace-answer.ts';

/** What a span says of itself. */
export function SpanDetail({ span, ownMs }: { readonly span: Span; readonly ownMs: number | undefined }) {
  const { kind, offset_ms: offset, status_message: message, attributes, links, span_id: id } = span;
  const rows = Object.entries(attributes);
  return (
    <Stack gap="xs" px="md" py="sm">
      {message !== undefined && (
        <Text size="sm" c="var(--waybill-bad)" className="breakable">
          {message}
        </Text>
      )}
      <Group gap="md">
        <Text size="sm" className="quiet">
          {kind.toLowerCase()}, began after {duration(offset)}
          {ownMs !== undefined && `, ${duration(ownMs)} of its own`}, span <span className="mono">{id}</span>
        </Text>
        {links.map((link) => (
          <Anchor key={link.span_id} component={Link} to={tracePage(link.trace_id)} size="sm">
            linked trace {link.trace_id.slice(0, 8)}
          </Anchor>
        ))}
      </Group>
      {rows.length > 0 && (
        <Table fz="sm" verticalSpacing={3} withRowBorders={false} aria-label={`Attributes of ${span.name}`} maw={760}>
          <Table.Tbody>
            {rows.map(([name, value]) => (
              <Table.Tr key={name}>
                <Table.Th w="40%" fw={400} className="quiet breakable">
                  {name}
                </Table.Th>
                <Table.Td className="mono breakable">{typeof value === 'string' ? value : JSON.stringify(value)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Stack>
  );
}
