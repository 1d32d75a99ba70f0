import { Stack, Text } from '@mantine/core';
import { useGet } from '../../api/list.ts';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { count } from '../../ui/format.ts';
import { Panel } from '../../ui/panel.tsx';
import { Status } from '../../ui/status.tsx';
import { Ago } from '../../ui/time.tsx';
import { type Accounting, inAll, lossSentence, type NamespaceAccount, used } from './accounting.ts';
import { OutcomeBar } from './outcome-bar.tsx';

const COLUMNS: readonly Column<NamespaceAccount>[] = [
  { key: 'namespace', title: 'Namespace', cell: ({ namespace }) => <span className="mono">{namespace}</span> },
  { key: 'accepted', title: 'Published', numeric: true, cell: ({ published }) => count(published.accepted) },
  { key: 'refused', title: 'Refused', numeric: true, wide: true, cell: ({ published }) => count(published.refused) },
  { key: 'matched', title: 'Matched', numeric: true, cell: ({ deliveries }) => count(deliveries.matched) },
  { key: 'written', title: 'Written', numeric: true, cell: ({ deliveries }) => count(deliveries.written) },
  { key: 'acked', title: 'Acked', numeric: true, wide: true, cell: ({ deliveries }) => count(deliveries.acked) },
  { key: 'dropped', title: 'Dropped', numeric: true, cell: ({ deliveries }) => count(deliveries.dropped) },
  {
    key: 'difference',
    title: 'Missing',
    numeric: true,
    cell: ({ deliveries }) =>
      deliveries.balanced ? count(deliveries.difference) : <Status tone="bad">{count(deliveries.difference)}</Status>,
  },
];

/** Is anything being lost? What was to be delivered, against what became of it. */
export function Loss({ refresh }: { readonly refresh: number }) {
  const { data, error, refetch } = useGet<Accounting>('ops/accounting', undefined, { refresh });
  const sum = inAll(data?.items ?? []);
  return (
    <Panel
      title="Is anything being lost?"
      about={
        data === undefined ? (
          ''
        ) : (
          <>
            Counted on every node since it began; the last began, <Ago at={data.since} />
          </>
        )
      }
    >
      <Stack gap="sm">
        <Text size="sm" fw={500} data-testid="loss-sentence" c={sum.difference > 0 ? 'var(--waybill-bad)' : undefined} mih={20}>
          {data === undefined ? '' : lossSentence(sum)}
        </Text>
        <div>
          <OutcomeBar of={sum} />
        </div>
        <DataTable
          label="Balance by namespace"
          columns={COLUMNS}
          rows={data === undefined ? undefined : used(data.items)}
          rowKey={({ namespace }) => namespace}
          error={error}
          onRetry={() => void refetch()}
          empty={{ title: 'Nothing was published yet', detail: 'Publish something with “waybill pub TOPIC DATA” or under Topics.' }}
        />
      </Stack>
    </Panel>
  );
}
