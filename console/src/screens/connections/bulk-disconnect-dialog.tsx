import { Code, NumberInput, Skeleton, Stack, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { send } from '../../api/request.ts';
import { Confirm } from '../../ui/confirm.tsx';
import { count, duration } from '../../ui/format.ts';
import { ErrorNotice } from '../../ui/notice.tsx';
import { type DisconnectFilter, type DisconnectPreview, disconnectCommand, isEveryone, whomInWords } from './disconnect-run.ts';
import { ReturnChoice, USUAL_WAY } from './return-choice.tsx';

const RATE = { usual: 100, least: 1, most: 10_000 };

/** Shows who is meant, asks for their number, and starts. */
export function BulkDisconnectDialog({ filter, onClose }: { readonly filter: DisconnectFilter; readonly onClose: () => void }) {
  const queries = useQueryClient();
  const [way, setWay] = useState(USUAL_WAY);
  const [rate, setRate] = useState(RATE.usual);
  const named = isEveryone(filter) ? { filter, all: true } : { filter };
  const { data: preview, error } = useQuery({
    queryKey: ['disconnect preview', filter],
    queryFn: () => send<DisconnectPreview>('POST', 'ops/disconnects', { ...named, preview: true }),
    // Counted once for this dialog: what is confirmed is what was seen.
    staleTime: Infinity,
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
  const start = async () => {
    await send('POST', 'ops/disconnects', {
      ...named,
      confirm: preview?.count,
      rate_per_s: rate,
      reconnect: way.mayReturn,
      ...(way.reason === '' ? {} : { reason: way.reason }),
    });
    await queries.invalidateQueries({ queryKey: ['ops/disconnects'] });
  };
  const isNobody = preview?.count === 0;
  return (
    <Confirm
      opened
      title={isEveryone(filter) ? 'Disconnect everybody' : 'Disconnect these connections'}
      typed={preview === undefined ? 'the count, when it is known' : String(preview.count)}
      deed={isNobody ? 'Nobody to disconnect' : 'Disconnect'}
      danger
      onConfirm={start}
      onClose={onClose}
    >
      {error !== null && <ErrorNotice error={error} />}
      {preview === undefined && error === null && <Skeleton height={64} />}
      {preview !== undefined && (
        <Stack gap="sm">
          <Text size="sm">
            <b data-testid="disconnect-count">{count(preview.count)}</b> open {preview.count === 1 ? 'connection' : 'connections'} of this
            node: {whomInWords(filter)}. That takes about {duration(Math.ceil(preview.count / Math.max(1, rate)) * 1_000)}. Those that come
            later are left alone.
          </Text>
          {preview.examples.length > 0 && <Examples preview={preview} />}
        </Stack>
      )}
      <NumberInput
        size="sm"
        label="Connections in a second"
        description="Each comes back and signs in again: slower is kinder to whatever hands out tokens."
        min={RATE.least}
        max={RATE.most}
        clampBehavior="strict"
        allowDecimal={false}
        value={rate}
        onChange={(value) => setRate(typeof value === 'number' ? value : RATE.usual)}
      />
      <ReturnChoice value={way} onChange={setWay} />
      <Code block style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }} data-command>
        {disconnectCommand(filter, { rate, ...way })}
      </Code>
    </Confirm>
  );
}

function Examples({ preview }: { readonly preview: DisconnectPreview }) {
  const more = preview.count - preview.examples.length;
  return (
    <Text size="xs" className="quiet breakable">
      {preview.examples
        .map(({ ref, user, client }) => `${ref} ${user ?? 'nobody'}${client === undefined ? '' : ` (${client})`}`)
        .join(' · ')}
      {more > 0 ? ` · and ${count(more)} more` : ''}
    </Text>
  );
}
