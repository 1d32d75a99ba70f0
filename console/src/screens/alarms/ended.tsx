import { Anchor } from '@mantine/core';
import { Link } from 'react-router';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { duration } from '../../ui/format.ts';
import { Panel } from '../../ui/panel.tsx';
import { Time } from '../../ui/time.tsx';
import type { Alarm } from './alarm.ts';

const COLUMNS: readonly Column<Alarm>[] = [
  {
    key: 'name',
    title: 'Alarm',
    cell: ({ name, runbook }) =>
      runbook === undefined ? (
        name
      ) : (
        <Anchor component={Link} to={`/alarms/runbooks/${encodeURIComponent(runbook)}`} inherit>
          {name}
        </Anchor>
      ),
  },
  { key: 'summary', title: 'What was wrong', wide: true, cell: ({ summary }) => <span className="breakable">{summary}</span> },
  { key: 'since', title: 'From', cell: ({ since }) => <Time at={since} /> },
  { key: 'lasted', title: 'Lasted', numeric: true, cell: ({ since, until = since }) => duration(until - since) },
];

/** Alarms of this node that are over. */
export function Ended({ alarms }: { readonly alarms: readonly Alarm[] | undefined }) {
  return (
    <Panel title="Ended" about="The last 200 of this node since it began">
      <DataTable
        label="Ended alarms"
        columns={COLUMNS}
        rows={alarms}
        rowKey={({ name, since }) => `${name} ${since}`}
        empty={{ title: 'None has ended since this node began' }}
      />
    </Panel>
  );
}
