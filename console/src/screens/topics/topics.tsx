import { Text } from '@mantine/core';
import type { Page } from '../../api/list.ts';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { FilterBar } from '../../ui/filter-bar.tsx';
import { shellWord } from '../../ui/commands.tsx';
import { bytes, count, NOTHING } from '../../ui/format.ts';
import { ScreenFrame } from '../../ui/screen.tsx';
import { usePaged } from '../../ui/use-paged.ts';
import { useUrlState } from '../../ui/url-state.ts';
import { topicPage } from '../messages/places.ts';
import { sortOf, type TopicItem } from './topic-item.ts';

const REFRESH_MS = 3_000;

const COLUMNS: readonly Column<TopicItem>[] = [
  { key: 'topic', title: 'Topic', sortable: true, cell: ({ topic }) => <span className="breakable">{topic}</span> },
  { key: 'messages', title: 'Messages/s', numeric: true, sortable: true, cell: (item) => count(item.messages_per_s) },
  { key: 'bytes', title: 'Bytes/s', numeric: true, sortable: true, cell: (item) => bytes(Math.round(item.bytes_per_s)) },
  { key: 'deliveries', title: 'Deliveries/s', numeric: true, sortable: true, cell: (item) => count(item.deliveries_per_s) },
  { key: 'subscribers', title: 'Subscribers', numeric: true, sortable: true, cell: (item) => count(item.subscribers) },
  { key: 'head', title: 'Newest', numeric: true, wide: true, cell: ({ head }) => (head === undefined ? NOTHING : `#${String(head)}`) },
];

/** Q8: which topics are hot. */
export function Screen() {
  const [url, change] = useUrlState({ prefix: '', sort: '-messages', cursor: '' });
  const sort = sortOf(url.sort);
  const { items, asOf, data, error, refetch, onNext, onFirst } = usePaged<TopicItem>(
    'ops/topics',
    { prefix: url.prefix, sort },
    { refresh: REFRESH_MS },
  );
  const { window_s: window, not_counted: missing } = (data ?? {}) as Partial<Page<TopicItem>> & { window_s?: number; not_counted?: number };
  return (
    <ScreenFrame
      title="Topics"
      about={`The busiest first, over all nodes and the last ${window === undefined ? 'minute' : `${String(window)} s`}.`}
      asOf={asOf}
      missing={data?.missing}
      equivalents={[
        {
          path: 'ops/topics',
          query: { prefix: url.prefix, sort },
          cli: `waybill top --sort=${sort}${url.prefix === '' ? '' : ` --prefix ${shellWord(url.prefix)}`}`,
        },
      ]}
    >
      <FilterBar
        filters={[{ name: 'prefix', label: 'Name begins with', placeholder: 'orders.', width: 260 }]}
        values={{ prefix: url.prefix }}
        onChange={({ prefix }) => change({ prefix: prefix ?? '', cursor: '' })}
      />
      <DataTable
        label="Topics"
        columns={COLUMNS}
        rows={items}
        rowKey={({ topic }) => topic}
        to={({ topic }) => topicPage(topic)}
        error={error}
        onRetry={() => void refetch()}
        sort={sort}
        onSort={(asked) => change({ sort: sortOf(asked), cursor: '' })}
        empty={{
          title: url.prefix === '' ? 'No topic had a message in the last minute' : `No busy topic begins with ${url.prefix}`,
          detail: 'Sort by subscribers or by name to see also those that somebody listens to.',
        }}
        onNext={onNext}
        onFirst={onFirst}
      />
      {missing !== undefined && (
        <Text size="xs" className="quiet">
          {count(missing)} further topics were too many to be counted one by one.
        </Text>
      )}
    </ScreenFrame>
  );
}
