import { Stack } from '@mantine/core';
import { useMay } from '../../api/session.ts';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { count, NOTHING } from '../../ui/format.ts';
import { Panel } from '../../ui/panel.tsx';
import { ScreenFrame } from '../../ui/screen.tsx';
import { Status } from '../../ui/status.tsx';
import { Ago, Time } from '../../ui/time.tsx';
import { usePaged } from '../../ui/use-paged.ts';
import { endingWords, type Probe, targetWords } from './probe.ts';
import { StartProbe } from './start-probe.tsx';

const REFRESH_MS = 3_000;

const COLUMNS: readonly Column<Probe>[] = [
  { key: 'watches', title: 'Watches', cell: (probe) => <span className="breakable">{targetWords(probe)}</span> },
  { key: 'state', title: 'State', cell: (probe) => <State probe={probe} /> },
  { key: 'started', title: 'Began', cell: ({ started_at: at }) => <Ago at={at} /> },
  { key: 'until', title: 'Until', wide: true, cell: ({ ended_at: ended, ends_at: ends }) => <Time at={ended ?? ends} /> },
  { key: 'records', title: 'Events', numeric: true, cell: ({ records }) => count(records) },
  { key: 'skipped', title: 'Only counted', numeric: true, wide: true, cell: ({ skipped }) => count(skipped) },
  { key: 'payload', title: 'Payloads', wide: true, cell: ({ payload }) => (payload ? <Status tone="warn">recorded</Status> : 'no') },
  { key: 'by', title: 'By', wide: true, cell: ({ created_by: by }) => <span className="breakable">{by}</span> },
  { key: 'note', title: 'Why', wide: true, cell: ({ note }) => <span className="breakable">{note ?? NOTHING}</span> },
];

/** Q5 and Q11 while it happens: watch a user, a topic or a connection. */
export function Screen() {
  const mayStart = useMay('operator');
  const { items, asOf, error, refetch, onNext, onFirst } = usePaged<Probe>('ops/probes', {}, { refresh: REFRESH_MS });
  return (
    <ScreenFrame
      title="Live"
      about="Watch a user, a topic or a connection for some minutes: everything they do and are given, as it happens."
      asOf={asOf}
      equivalents={[
        { path: 'ops/probes', cli: 'waybill probes' },
        { path: 'ops/probes', method: 'POST', body: { user: 'alice', minutes: 5 }, cli: 'waybill tail --user alice --minutes 5' },
      ]}
    >
      <Stack gap="lg">
        {mayStart && (
          <Panel title="Watch something">
            <StartProbe />
          </Panel>
        )}
        <DataTable
          label="Probes"
          columns={COLUMNS}
          rows={items}
          rowKey={({ id }) => id}
          to={({ id }) => `/live/${encodeURIComponent(id)}`}
          error={error}
          onRetry={() => void refetch()}
          empty={{
            title: 'Nothing is watched on this node',
            detail: mayStart ? 'Name somebody or something above.' : 'Operators may begin to.',
          }}
          onNext={onNext}
          onFirst={onFirst}
        />
      </Stack>
    </ScreenFrame>
  );
}

function State({ probe: { state, reason } }: { readonly probe: Probe }) {
  return state === 'live' ? <Status tone="good">live</Status> : <span className="quiet">{endingWords(reason)}</span>;
}
