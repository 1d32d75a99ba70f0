import { Group } from '@mantine/core';
import { useState } from 'react';
import { useMay } from '../../api/session.ts';
import { useNow } from '../../ui/clock.tsx';
import { shellWord } from '../../ui/commands.tsx';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { FilterBar } from '../../ui/filter-bar.tsx';
import { Notice } from '../../ui/notice.tsx';
import { ScreenFrame } from '../../ui/screen.tsx';
import { TimeRangeField } from '../../ui/time-range-field.tsx';
import { rangeOf } from '../../ui/time-range.ts';
import { Time } from '../../ui/time.tsx';
import { useUrlState } from '../../ui/url-state.ts';
import { usePaged } from '../../ui/use-paged.ts';
import type { AuditRecord } from './audit-record.ts';
import { RecordDetail } from './record-detail.tsx';
import { RecordLink } from './record-link.tsx';
import { ResultBadge } from './result-badge.tsx';
import { Verify } from './verify.tsx';

const EVERY_MS = 5_000;
const ABOUT = 'Who changed what, and when? Every change and every refused attempt, on all nodes, in a chain that shows tampering.';
const FILTERS = [
  { name: 'actor', label: 'Who', placeholder: 'operator:ada', width: 170 },
  { name: 'action', label: 'Action', placeholder: 'settings.change', width: 170 },
  { name: 'target', label: 'Target', placeholder: 'alice', width: 170 },
  { name: 'result', label: 'Result', placeholder: 'OK', width: 150 },
] as const;

function columns(open: (record: AuditRecord) => void): readonly Column<AuditRecord>[] {
  return [
    { key: 'at', title: 'When', cell: ({ at }) => <Time at={at} /> },
    { key: 'actor', title: 'Who', cell: ({ actor }) => <span className="breakable">{actor}</span> },
    { key: 'action', title: 'Action', cell: (record) => <RecordLink record={record} onOpen={open} /> },
    { key: 'target', title: 'Target', wide: true, cell: ({ target }) => <span className="mono breakable">{target}</span> },
    { key: 'result', title: 'Result', cell: ({ result }) => <ResultBadge result={result} /> },
    { key: 'address', title: 'From', wide: true, cell: ({ address }) => <span className="tabular">{address}</span> },
    { key: 'id', title: 'Record', numeric: true, wide: true, cell: ({ id }) => id },
  ];
}

export function Screen() {
  const may = useMay('operator');
  if (may) return <Trail />;
  return (
    <ScreenFrame title="Audit" about={ABOUT} equivalents={[]}>
      <Notice title="The audit trail is for operators and admins" detail="Ask an admin for the role operator." />
    </ScreenFrame>
  );
}

function Trail() {
  const [state, change] = useUrlState({
    actor: '',
    action: '',
    target: '',
    result: '',
    range: '',
    from: '',
    to: '',
    order: 'newest',
    record: '',
    cursor: '',
  });
  const [picked, setPicked] = useState<AuditRecord>();
  const { actor, action, target, result, order } = state;
  const range = rangeOf(state.range, state.from, state.to, useNow());
  const query = { actor, action, target, result, order, ...range };
  const { items, asOf, error, refetch, onNext, onFirst } = usePaged<AuditRecord>('ops/audit', query, { refresh: EVERY_MS });
  const open = (record: AuditRecord) => {
    setPicked(record);
    change({ record: String(record.id) });
  };
  const shown = items?.find(({ id }) => String(id) === state.record) ?? (String(picked?.id) === state.record ? picked : undefined);
  return (
    <ScreenFrame
      title="Audit"
      about={ABOUT}
      asOf={asOf}
      equivalents={[
        { path: 'ops/audit', query, cli: commandOf(query) },
        { path: 'ops/audit/head', cli: 'waybill audit verify' },
      ]}
      actions={<Verify />}
    >
      <Group gap="xs" align="flex-end">
        <FilterBar
          filters={[
            ...FILTERS,
            {
              name: 'order',
              label: 'Order',
              choices: [
                { value: 'newest', label: 'Newest first' },
                { value: 'oldest', label: 'Oldest first' },
              ],
            },
          ]}
          values={state}
          onChange={(next) => change({ ...next, cursor: '' })}
        />
        <TimeRangeField value={state} onChange={(next) => change({ ...next, cursor: '' })} />
      </Group>
      <DataTable
        label="Audit records"
        columns={columns(open)}
        rows={items}
        rowKey={({ id }) => String(id)}
        error={error}
        onRetry={() => void refetch()}
        empty={{
          title: 'No record matches',
          detail: 'Widen the time or clear the filters. Names must match wholly, such as operator:ada.',
        }}
        onNext={onNext}
        onFirst={onFirst}
      />
      <RecordDetail record={shown} onClose={() => change({ record: '' })} />
    </ScreenFrame>
  );
}

function commandOf({ actor, action, target, result, from, to }: Readonly<Record<string, string | number | undefined>>): string {
  const named = { actor, action, target, result };
  const words = Object.entries(named).flatMap(([name, value]) =>
    value === '' || value === undefined ? [] : [`--${name} ${shellWord(String(value))}`],
  );
  const times = Object.entries({ from, to }).flatMap(([name, at]) =>
    typeof at === 'number' ? [`--${name} ${new Date(at).toISOString()}`] : [],
  );
  return ['waybill audit list', ...words, ...times].join(' ');
}
