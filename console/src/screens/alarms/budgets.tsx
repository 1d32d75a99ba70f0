import type { Objective } from '../../api/summary.ts';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { percent } from '../../ui/format.ts';
import { Meter } from '../../ui/meter.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Status } from '../../ui/status.tsx';
import { words } from '../../ui/words.ts';
import { saidRate, worstOf } from './burn.ts';

const INK = { quiet: undefined, warn: 'var(--waybill-warn)', bad: 'var(--waybill-bad)' } as const;
const WINDOWS = ['5m', '30m', '1h', '6h'] as const;

const COLUMNS: readonly Column<Objective>[] = [
  {
    key: 'name',
    title: 'Objective',
    cell: ({ name, good_is: good, burning }) => (
      <>
        {words(name)} {burning && <Status tone="bad">burning</Status>}
        <div className="quiet">{good}</div>
      </>
    ),
  },
  { key: 'objective', title: 'Goal', numeric: true, cell: ({ objective }) => percent(objective) },
  {
    key: 'budget_left',
    title: 'Budget left',
    numeric: true,
    cell: ({ name, budget_left: left, burning }) => (
      <div data-testid={`budget-${name}`} style={{ minWidth: 90 }}>
        {percent(left)}
        <Meter label={`Budget left of ${words(name)}`} share={left} tone={burning || left <= 0 ? 'bad' : 'accent'} />
      </div>
    ),
  },
  ...WINDOWS.map((name): Column<Objective> => ({
    key: name,
    title: `Burn ${name}`,
    numeric: true,
    wide: true,
    cell: ({ windows }) => {
      const found = windows.find(({ window }) => window === name);
      return found === undefined ? '' : <span style={{ color: INK[worstOf(found.burn_rate)] }}>{saidRate(found)}</span>;
    },
  })),
];

/** Which SLO is burning its budget? */
export function Budgets({ objectives }: { readonly objectives: readonly Objective[] | undefined }) {
  return (
    <Panel
      title="Error budgets"
      about="Burn is how many times faster than the budget allows it is used: 1 × uses it up exactly. Windows reach back to the start of the node at most."
    >
      <DataTable
        label="Objectives"
        columns={COLUMNS}
        rows={objectives}
        rowKey={({ name }) => name}
        empty={{ title: 'There is no objective' }}
      />
    </Panel>
  );
}
