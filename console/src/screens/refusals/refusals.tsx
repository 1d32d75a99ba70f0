import { Alert } from '@mantine/core';
import { useGet } from '../../api/list.ts';
import type { Query } from '../../api/request.ts';
import { useNow, useTimeZoneChoice } from '../../ui/clock.tsx';
import { shellWord } from '../../ui/commands.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { type Filter, FilterBar } from '../../ui/filter-bar.tsx';
import { Panel } from '../../ui/panel.tsx';
import { ScreenFrame } from '../../ui/screen.tsx';
import { useUrlState } from '../../ui/url-state.ts';
import { momentOf } from '../connections/moment.ts';
import { LATEST_COLUMNS, sumColumns } from './refusal-columns.tsx';
import { REFUSAL_KINDS, type RefusalItem, type RefusalList } from './refusal-item.ts';

const EVERY_MS = 3_000;
const LIMIT = 50;
const MINUTE_MS = 60_000;
const FILTERS: readonly Filter[] = [
  {
    name: 'kind',
    label: 'Refused',
    choices: [{ value: '', label: 'anything' }, ...REFUSAL_KINDS.map((kind) => ({ value: kind, label: kind }))],
    width: 120,
  },
  { name: 'code', label: 'Code', placeholder: 'RATE_LIMITED or 4408', width: 170 },
  { name: 'user', label: 'User', width: 150 },
  { name: 'address', label: 'Address', width: 130 },
  { name: 'topic', label: 'Topic', width: 150 },
  { name: 'from', label: 'At or after', placeholder: '1h, 14:30 or a date', width: 150 },
  { name: 'to', label: 'At or before', placeholder: '5m, 15:00 or a date', width: 150 },
];
const NONE = { kind: '', code: '', user: '', address: '', topic: '', from: '', to: '', cursor: '' };

/** Q6: who was refused what, by which rule, and what to do about it. */
export function Screen() {
  const [url, change] = useUrlState(NONE);
  const { zone } = useTimeZoneChoice();
  const minute = Math.floor(useNow() / MINUTE_MS) * MINUTE_MS;
  const { cursor, from, to, ...texts } = url;
  const moments = { from: momentOf(from, zone, minute), to: momentOf(to, zone, minute) };
  const query: Query = { ...texts, ...moments, limit: LIMIT };
  const { data, error, refetch } = useGet<RefusalList>('ops/refusals', { ...query, cursor }, { refresh: cursor === '' ? EVERY_MS : false });
  const isUnread = (from !== '' && moments.from === undefined) || (to !== '' && moments.to === undefined);
  const set = (values: Partial<typeof NONE>) => change({ ...values, cursor: '' });
  const user = texts.user;
  return (
    <ScreenFrame
      title="Refusals"
      about="Who was told no, and by which rule. Of every node since its start; of one user also what is recorded, on all nodes."
      asOf={data?.as_of}
      missing={data?.missing}
      equivalents={[{ path: 'ops/refusals', query, cli: commandOf(query) }]}
    >
      <FilterBar filters={FILTERS} values={url} onChange={set} />
      {isUnread && (
        <Alert color="yellow" role="alert">
          A time could not be read and is not used. Write 30m or 2h for so long ago, 14:30 for today, or 2026-11-22 14:30.
        </Alert>
      )}
      {data?.complete === false && (
        <Alert color="yellow" role="status">
          Not all are shown: {data.why ?? 'some could not be looked up'}.
        </Alert>
      )}
      <Panel title="By rule" about="Over everybody: user, address, topic and time do not narrow these sums.">
        <DataTable
          label="Refusals by rule"
          columns={sumColumns(({ kind, code }) => set({ kind, code }))}
          rows={data?.sums}
          rowKey={({ kind, code, rule }) => `${kind} ${code} ${rule ?? ''}`}
          error={error}
          onRetry={() => void refetch()}
          empty={{ title: 'Nobody was refused', detail: 'Not since the nodes started, or not what the filters ask for.' }}
        />
      </Panel>
      <Panel title="Latest" about="One caller and one rule are one line.">
        <DataTable
          label="Latest refusals"
          columns={LATEST_COLUMNS}
          rows={data?.items}
          rowKey={keyOf}
          error={data === undefined ? undefined : error}
          empty={{ title: 'No refusal is like this', detail: 'Names must be whole. The list holds the latest of each node.' }}
          onNext={data?.next === undefined ? undefined : () => change({ cursor: data.next })}
          onFirst={cursor === '' ? undefined : () => change({ cursor: '' })}
        />
      </Panel>
      {data?.recorded !== undefined && (
        <Panel title={`Recorded of ${user}`} about="On every node, and from before its last start.">
          <DataTable
            label="Recorded refusals"
            columns={LATEST_COLUMNS}
            rows={data.recorded}
            rowKey={keyOf}
            empty={{ title: 'Nothing is recorded', detail: 'This user was not refused for as long as refusals are kept.' }}
          />
        </Panel>
      )}
    </ScreenFrame>
  );
}

function keyOf({ first_at: at, kind, code, rule, user, address, topic }: RefusalItem): string {
  return JSON.stringify([at, kind, code, rule, user, address, topic]);
}

function commandOf({ from, to, limit, ...texts }: Query): string {
  const words = ['waybill refusals'];
  for (const [name, value] of Object.entries(texts))
    if (value !== undefined && value !== '') words.push(`--${name}=${shellWord(String(value))}`);
  if (typeof from === 'number') words.push(`--since ${new Date(from).toISOString()}`);
  if (typeof to === 'number') words.push(`--until ${new Date(to).toISOString()}`);
  words.push(`--limit ${String(limit)}`);
  return words.join(' ');
}
