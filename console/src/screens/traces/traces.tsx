import { Alert, Anchor } from '@mantine/core';
import type { Page } from '../../api/list.ts';
import { shellWord } from '../../ui/commands.tsx';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { FilterBar } from '../../ui/filter-bar.tsx';
import { duration, NOTHING } from '../../ui/format.ts';
import { ScreenFrame } from '../../ui/screen.tsx';
import { Status } from '../../ui/status.tsx';
import { Ago } from '../../ui/time.tsx';
import { usePaged } from '../../ui/use-paged.ts';
import { useUrlState } from '../../ui/url-state.ts';
import { tracePage } from '../messages/places.ts';
import type { TraceSummary } from './trace-answer.ts';

const REFRESH_MS = 5_000;

const COLUMNS: readonly Column<TraceSummary>[] = [
  { key: 'started', title: 'Began', cell: ({ started_at: at }) => <Ago at={at} /> },
  { key: 'name', title: 'What', cell: ({ name }) => <span className="breakable">{name}</span> },
  { key: 'about', title: 'About', wide: true, cell: ({ topic }) => <span className="breakable">{topic ?? NOTHING}</span> },
  {
    key: 'result',
    title: 'Result',
    cell: ({ failed }) => (failed ? <Status tone="bad">failed</Status> : <span className="quiet">ok</span>),
  },
  { key: 'spans', title: 'Spans', numeric: true, wide: true, cell: ({ spans }) => spans },
  { key: 'duration', title: 'Took', numeric: true, cell: ({ duration_ms: ms }) => duration(ms) },
];

const FAILED = [
  { value: '', label: 'All' },
  { value: 'true', label: 'Failed' },
  { value: 'false', label: 'Not failed' },
];
const SLOW = [
  { value: '', label: 'Any' },
  { value: '5', label: 'Over 5 ms' },
  { value: '25', label: 'Over 25 ms' },
  { value: '100', label: 'Over 100 ms' },
  { value: '1000', label: 'Over 1 s' },
];

/** Q11: where the time went, in the traces that nodes keep. */
export function Screen() {
  const [url, change] = useUrlState({ name: '', topic: '', msg_id: '', connection_id: '', failed: '', min_duration_ms: '', cursor: '' });
  const { cursor: _cursor, ...query } = url;
  const { items, asOf, data, error, refetch, onNext, onFirst } = usePaged<TraceSummary>('ops/traces', query, { refresh: REFRESH_MS });
  const { collector, trace_link: link } = (data ?? {}) as Partial<Page<TraceSummary>> & { collector?: boolean; trace_link?: string };
  const filtered = Object.values(query).some((value) => value !== '');
  return (
    <ScreenFrame
      title="Traces"
      about="Recent ones of every node, newest first. A message’s waybill leads to its own."
      asOf={asOf}
      missing={data?.missing}
      equivalents={[{ path: 'ops/traces', query, cli: tracesCommand(query) }]}
    >
      {collector === true && (
        <Alert color="accent" title="A collector takes the spans">
          None are kept here.{' '}
          {link === undefined ? (
            'Set WAYBILL_TRACE_LINK to the address of your Jaeger, with {trace_id} in it, and this console links to it.'
          ) : (
            <Anchor href={link.split('{trace_id}')[0] ?? link} target="_blank" rel="noreferrer" inherit>
              Look there
            </Anchor>
          )}
        </Alert>
      )}
      <FilterBar
        filters={[
          { name: 'name', label: 'What', placeholder: 'publish, GET /ws', width: 160 },
          { name: 'topic', label: 'Topic', placeholder: 'orders.42', width: 160 },
          { name: 'msg_id', label: 'msg_id', width: 160 },
          { name: 'connection_id', label: 'Connection id', width: 160 },
          { name: 'failed', label: 'Result', choices: FAILED, width: 120 },
          { name: 'min_duration_ms', label: 'Took', choices: SLOW, width: 130 },
        ]}
        values={query}
        onChange={(values) => change({ ...values, cursor: '' })}
      />
      <DataTable
        label="Traces"
        columns={COLUMNS}
        rows={items}
        rowKey={({ trace_id: id }) => id}
        to={({ trace_id: id }) => tracePage(id)}
        error={error}
        onRetry={() => void refetch()}
        empty={
          filtered
            ? {
                title: 'No trace that is kept fits',
                detail: 'Only the newest are kept, and not everything is sampled. A probe traces one user, topic or connection in full.',
              }
            : { title: 'No traces yet', detail: 'What is sampled appears here. A probe traces one user, topic or connection in full.' }
        }
        onNext={onNext}
        onFirst={onFirst}
      />
    </ScreenFrame>
  );
}

function tracesCommand(
  query: Readonly<Record<'name' | 'topic' | 'msg_id' | 'connection_id' | 'failed' | 'min_duration_ms', string>>,
): string {
  const options = {
    name: query.name,
    topic: query.topic,
    message: query.msg_id,
    connection: query.connection_id,
    slower: query.min_duration_ms,
  };
  const given = Object.entries(options).filter(([, value]) => value !== '');
  return [
    'waybill traces',
    ...given.map(([name, value]) => `--${name} ${shellWord(value)}`),
    ...(query.failed === 'true' ? ['--failed'] : []),
  ].join(' ');
}
