import { type Column, DataTable } from '../../ui/data-table.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Status } from '../../ui/status.tsx';
import { Ago } from '../../ui/time.tsx';
import { words } from '../../ui/words.ts';
import type { NodeView } from './node-view.ts';

type NamedPart = NodeView['parts'][number];
const TONES = { ok: 'good', degraded: 'warn', down: 'bad' } as const;

const COLUMNS: readonly Column<NamedPart>[] = [
  { key: 'name', title: 'Part', cell: ({ name }) => words(name) },
  { key: 'state', title: 'State', cell: ({ state }) => <Status tone={TONES[state]}>{state}</Status> },
  {
    key: 'affects',
    title: 'What is wrong, and what that affects',
    cell: ({ detail, affects }) => (
      <span className="breakable">
        {detail}
        {affects !== undefined && <div className="quiet">{affects}</div>}
      </span>
    ),
  },
  { key: 'since', title: 'Since', numeric: true, cell: ({ since }) => <Ago at={since} /> },
];

/** What is degraded, and what does that affect? */
export function PartsTable({ parts }: { readonly parts: readonly NamedPart[] }) {
  return (
    <Panel title="What it depends on">
      <DataTable label="Parts" columns={COLUMNS} rows={parts} rowKey={({ name }) => name} empty={{ title: 'Nothing is watched yet' }} />
    </Panel>
  );
}
