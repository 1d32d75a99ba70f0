import { Alert, Stack, Text } from '@mantine/core';
import { useTimeZoneChoice, useNow } from '../../ui/clock.tsx';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { FilterBar } from '../../ui/filter-bar.tsx';
import { bytes, count } from '../../ui/format.ts';
import { Time } from '../../ui/time.tsx';
import { useUrlState } from '../../ui/url-state.ts';
import { usePaged } from '../../ui/use-paged.ts';
import { momentOf } from '../connections/moment.ts';
import { waybillPage } from './places.ts';

/** A message of `GET ops/messages`: without what people wrote in it. */
interface FoundMessage {
  readonly topic: string;
  readonly epoch: string;
  readonly seq: number;
  readonly msg_id: string;
  readonly publisher: string;
  readonly action: string;
  readonly door: string;
  readonly bytes: number;
  readonly accepted_at: number;
}

const LIMIT = 25;
const MINUTE_MS = 60_000;
const COLUMNS: readonly Column<FoundMessage>[] = [
  { key: 'seq', title: 'Position', cell: ({ seq }) => <span className="tabular">#{seq}</span> },
  { key: 'at', title: 'Accepted', cell: ({ accepted_at: at }) => <Time at={at} milliseconds /> },
  { key: 'publisher', title: 'Publisher', cell: ({ publisher }) => <span className="breakable">{publisher}</span> },
  { key: 'action', title: 'Action', wide: true, cell: ({ action }) => <span className="breakable">{action}</span> },
  { key: 'door', title: 'Door', wide: true, cell: ({ door }) => door },
  { key: 'bytes', title: 'Size', numeric: true, wide: true, cell: (message) => bytes(message.bytes) },
  { key: 'id', title: 'msg_id', wide: true, cell: ({ msg_id: id }) => <span className="mono quiet breakable">{id}</span> },
];

/** What REST is asked; times as typed become milliseconds. */
export function useMessageQuery(topic: string) {
  const [{ from, to, by }] = useUrlState({ from: '', to: '', by: '' });
  const { zone } = useTimeZoneChoice();
  // Moments such as "an hour ago" move once a minute, and with them what is asked.
  const minute = Math.floor(useNow() / MINUTE_MS) * MINUTE_MS;
  const moment = (text: string): number | undefined => (text === '' ? undefined : momentOf(text, zone, minute));
  const query = { topic, from: moment(from), to: moment(to), publisher: by };
  const unread = (from !== '' && query.from === undefined) || (to !== '' && query.to === undefined);
  return { query, unread };
}

/** Messages of a topic by time and publisher, newest first. */
export function MessageSearch({ topic }: { readonly topic: string }) {
  const [{ from, to, by }, change] = useUrlState({ from: '', to: '', by: '', cursor: '' });
  const { query, unread } = useMessageQuery(topic);
  const { items, data, error, refetch, onNext, onFirst } = usePaged<FoundMessage>('ops/messages', query, { limit: LIMIT });
  const { looked_at: lookedAt } = (data ?? {}) as { readonly looked_at?: number };
  return (
    <Stack gap="sm">
      <FilterBar
        filters={[
          { name: 'from', label: 'At or after', placeholder: '1h, 14:30 or a date', width: 150 },
          { name: 'to', label: 'At or before', placeholder: '5m, 15:00 or a date', width: 150 },
          { name: 'by', label: 'Published by', placeholder: 'alice or key:shop', width: 170 },
        ]}
        values={{ from, to, by }}
        onChange={(values) => change({ ...values, cursor: '' })}
      />
      {unread && (
        <Alert color="yellow" role="alert">
          A time could not be read and is not used. Write 30m or 2h for so long ago, 14:30 for today, or 2026-11-22 14:30.
        </Alert>
      )}
      <DataTable
        label="Messages found"
        columns={COLUMNS}
        rows={items}
        rowKey={({ epoch, seq }) => `${epoch} ${seq}`}
        to={waybillPage}
        error={error}
        onRetry={() => void refetch()}
        empty={{
          title: 'No message here is like this',
          detail:
            onNext === undefined
              ? 'Look at how the topic is spelt; messages end with their retention.'
              : 'There are older ones: see the next page.',
        }}
        onNext={onNext}
        onFirst={onFirst}
      />
      {lookedAt !== undefined && onNext !== undefined && (
        <Text size="xs" className="quiet" ta="right">
          {count(lookedAt)} messages were looked at for this page.
        </Text>
      )}
    </Stack>
  );
}
