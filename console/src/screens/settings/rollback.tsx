import { Alert, Skeleton, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { sentenceOf } from '../../api/api-error.ts';
import { send } from '../../api/request.ts';
import { Confirm } from '../../ui/confirm.tsx';
import { ChangeList } from './change-list.tsx';
import type { ChangeAnswer } from './setting.ts';

interface RollbackProps {
  readonly version: number;
  readonly newest: number;
  readonly onClose: () => void;
  readonly onDone: (says: string) => void;
}

/** Typed before everything that was set at run time goes at once: a click alone is too easy. */
const ALL_OFF = 'take off';

/** Shows what going back would change, and does it. */
export function Rollback({ version, newest, onClose, onDone }: RollbackProps) {
  const queries = useQueryClient();
  const body = { version, expected_version: newest, comment: `back to version ${version}` };
  const preview = useQuery({
    // Not among what is asked again after a change: by then this one would be refused.
    queryKey: ['preview of a rollback', version, newest],
    queryFn: () => send<ChangeAnswer>('POST', 'ops/settings/rollback', { ...body, dry_run: true }),
    gcTime: 0,
  });
  return (
    <Confirm
      opened
      title={version === 0 ? 'Take off everything that was set at run time' : `Roll back to version ${version}`}
      danger={version === 0}
      {...(version === 0 ? { typed: ALL_OFF } : {})}
      deed={version === 0 ? 'Take off' : 'Roll back'}
      onClose={onClose}
      onConfirm={async () => {
        const answer = await send<ChangeAnswer>('POST', 'ops/settings/rollback', body);
        void queries.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[0]).startsWith('ops/settings') });
        onDone(`What version ${version} had set is in force again, as version ${answer.version}.`);
      }}
    >
      <Text size="sm">It becomes a new version, on all nodes; what was set since stays in the list.</Text>
      {preview.error !== null && (
        <Alert color="red" role="alert">
          {sentenceOf(preview.error)}
        </Alert>
      )}
      {preview.isPending && <Skeleton height={60} />}
      {preview.data !== undefined &&
        (preview.data.changes.length === 0 ? (
          <Alert color="gray">Nothing would change.</Alert>
        ) : (
          <ChangeList changes={preview.data.changes} />
        ))}
    </Confirm>
  );
}
