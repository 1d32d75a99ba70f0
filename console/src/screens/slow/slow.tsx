import { Group, Text } from '@mantine/core';
import { DataTable } from '../../ui/data-table.tsx';
import { bytes, count, duration } from '../../ui/format.ts';
import { ScreenFrame } from '../../ui/screen.tsx';
import { usePaged } from '../../ui/use-paged.ts';
import { connectionPath } from '../connections/connection-item.ts';
import { slowColumns } from './slow-columns.tsx';
import { SlowHistory } from './slow-history.tsx';
import { SlowHour } from './slow-hour.tsx';
import type { SlowItem, SlowLimits, SlowList } from './slow-item.ts';
import { whatActs } from './what-acts.ts';

const EVERY_MS = 2_000;
const LIMIT = 100;
/** Before the first answer, for the heads of the columns alone. */
const UNKNOWN: SlowLimits = { queue_bytes: Infinity, queue_messages: Infinity, write_stall_ms: Infinity };

/** Q7: which clients are slow now, how much waits for each, and how old the oldest is. */
export function Screen() {
  const answer = usePaged<SlowItem>('ops/slow', {}, { refresh: EVERY_MS, limit: LIMIT });
  const { error, refetch, onNext, onFirst } = answer;
  const data: SlowList | undefined = answer.data as SlowList | undefined;
  const limits = data?.limits ?? UNKNOWN;
  return (
    <ScreenFrame
      title="Slow consumers"
      about="Clients that take less than they are sent. A few that come and go are ordinary; one that stays is not."
      asOf={data?.as_of}
      missing={data?.missing}
      equivalents={[{ path: 'ops/slow', query: { limit: LIMIT }, cli: `waybill slow --limit ${LIMIT}` }]}
    >
      {data !== undefined && <Totals list={data} />}
      <DataTable
        label="Slow clients"
        columns={slowColumns(limits)}
        rows={data?.items}
        rowKey={({ id }) => id}
        to={({ id }) => connectionPath(id)}
        error={error}
        onRetry={() => void refetch()}
        empty={{ title: 'No client is slow', detail: 'Everybody takes what they are sent as fast as it comes.' }}
        onNext={onNext}
        onFirst={onFirst}
      />
      {data !== undefined && data.total > data.items.length && (
        <Text size="sm" className="quiet">
          Those that have waited longest of {count(data.total)}. Many at once point to the network, or to this node: see “Nodes”.
        </Text>
      )}
      <SlowHour />
      <SlowHistory />
    </ScreenFrame>
  );
}

function Totals({ list }: { readonly list: SlowList }) {
  const { limits } = list;
  const near = list.items.filter((item) => whatActs(item, limits).soon).length;
  return (
    <Group gap="xl" align="baseline">
      <Figure name="slow now" value={count(list.total)} testId="slow-total" />
      <Figure name="queued for them" value={bytes(list.queued_bytes)} testId="slow-bytes" />
      <Figure name="near an end" value={count(near)} testId="slow-near" />
      <Text size="xs" className="quiet">
        Each may have {bytes(limits.queue_bytes)} or {count(limits.queue_messages)} frames waiting, and no byte may stand still for longer
        than {duration(limits.write_stall_ms)}.
      </Text>
    </Group>
  );
}

function Figure({ name, value, testId }: { readonly name: string; readonly value: string; readonly testId: string }) {
  return (
    <Text size="sm">
      <Text span size="xl" fw={650} className="tabular" data-testid={testId}>
        {value}
      </Text>{' '}
      <span className="quiet">{name}</span>
    </Text>
  );
}
