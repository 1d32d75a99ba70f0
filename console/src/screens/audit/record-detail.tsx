import { Anchor, Drawer, Stack, Title } from '@mantine/core';
import { Link } from 'react-router';
import { Copyable } from '../../ui/copy.tsx';
import { Facts } from '../../ui/facts.tsx';
import { JsonView } from '../../ui/json-view.tsx';
import { Time } from '../../ui/time.tsx';
import type { AuditRecord } from './audit-record.ts';
import { ResultBadge } from './result-badge.tsx';

/** Everything that one record says, and its place in the chain. */
export function RecordDetail({ record, onClose }: { readonly record: AuditRecord | undefined; readonly onClose: () => void }) {
  return (
    <Drawer
      opened={record !== undefined}
      onClose={onClose}
      position="right"
      size={520}
      title={record === undefined ? '' : `Record ${record.id}`}
      transitionProps={{ duration: 0 }}
    >
      {record !== undefined && <Detail record={record} />}
    </Drawer>
  );
}

function Detail({ record }: { readonly record: AuditRecord }) {
  const { at, node, actor, action, target, result, address, trace_id: trace, before, after, digest, prev_hash: previous, hash } = record;
  return (
    <Stack gap="md">
      <Facts
        of={[
          ['When', <Time key="at" at={at} milliseconds />],
          ['Who', actor],
          [
            'Action',
            <span key="action" className="mono">
              {action}
            </span>,
          ],
          ['Target', target === '' ? undefined : <Copyable key="target" text={target} what="target" />],
          ['Result', <ResultBadge key="result" result={result} />],
          ['From', address],
          ['Node', node],
          [
            'Trace',
            trace === undefined ? undefined : (
              <Anchor key="trace" component={Link} to={`/traces/${encodeURIComponent(trace)}`} className="mono breakable" inherit>
                {trace}
              </Anchor>
            ),
          ],
        ]}
      />
      <Side title="Before" value={before} />
      <Side title="After" value={after} />
      <Title order={3}>In the chain</Title>
      <Facts
        of={[
          ['Digest of this record', <Copyable key="digest" text={digest} what="digest" />],
          ['Hash of the record before', <Copyable key="previous" text={previous} what="hash" />],
          ['Hash', <Copyable key="hash" text={hash} what="hash" />],
        ]}
      />
    </Stack>
  );
}

function Side({ title, value }: { readonly title: string; readonly value: unknown }) {
  if (value === undefined) return null;
  return (
    <div>
      <Title order={3} mb={6}>
        {title}
      </Title>
      <JsonView value={value} />
    </div>
  );
}
