import type { NamespaceLatency } from '../../api/summary.ts';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { count, duration } from '../../ui/format.ts';
import { Panel } from '../../ui/panel.tsx';

const COLUMNS: readonly Column<NamespaceLatency>[] = [
  { key: 'namespace', title: 'Namespace', cell: ({ namespace }) => <span className="mono">{namespace}</span> },
  { key: 'messages', title: 'Messages', numeric: true, cell: ({ messages }) => count(messages) },
  { key: 'p50_ms', title: 'p50', numeric: true, cell: ({ p50_ms: p50 }) => duration(p50) },
  { key: 'p99_ms', title: 'p99', numeric: true, cell: ({ p99_ms: p99 }) => duration(p99) },
];

/** How long from publish to socket, by namespace? */
export function Latency({ rows }: { readonly rows: readonly NamespaceLatency[] | undefined }) {
  return (
    <Panel title="Publish to socket" about="From acceptance to the last write, on the slowest node, last five minutes">
      <DataTable
        label="Latency by namespace"
        columns={COLUMNS}
        rows={rows}
        rowKey={({ namespace }) => namespace}
        empty={{ title: 'Nothing was delivered in the last five minutes' }}
      />
    </Panel>
  );
}
